package io.selvage.protocol.transport;

import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.SessionServiceGrpc;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * What the first connection of a process would have to load is loaded before there is anybody to connect to: a third of
 * a second. Both ends of a handshake are of this process, and no port is opened.
 */
public final class TransportWarmUp {
    /** A handshake of TLS 1.3 takes a dozen turns. */
    private static final int MOST_TURNS = 100;

    private TransportWarmUp() {}

    /**
     * Shakes hands with itself in memory, and builds a channel that connects to nothing; blocks until that is done.
     *
     * @throws SSLException if this JVM can't do it: nor will it be able to when it counts
     */
    public static void ofControlPlane() throws SSLException {
        ApplicationIdentity identity = ApplicationIdentity.create();
        SSLEngine client = ControlTransport.clientContext(identity).newEngine(ByteBufAllocator.DEFAULT);
        SSLEngine server = ControlTransport.serverContext(identity).newEngine(ByteBufAllocator.DEFAULT);
        shakeHands(client, server);
        var channel = ControlTransport.channel(identity, "localhost", 0).build();
        SessionServiceGrpc.newBlockingStub(channel);
        channel.shutdownNow();
    }

    private static void shakeHands(SSLEngine client, SSLEngine server) throws SSLException {
        int capacity = 2 * client.getSession().getPacketBufferSize();
        ByteBuffer toServer = ByteBuffer.allocate(capacity);
        ByteBuffer toClient = ByteBuffer.allocate(capacity);
        client.beginHandshake();
        server.beginHandshake();
        for (int turn = 0; isShaking(client) || isShaking(server); turn++) {
            if (turn == MOST_TURNS) {
                throw new SSLException("The handshake does not end.");
            }
            advance(client, toClient, toServer);
            advance(server, toServer, toClient);
        }
    }

    private static boolean isShaking(SSLEngine end) {
        HandshakeStatus status = end.getHandshakeStatus();
        return status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED;
    }

    private static void advance(SSLEngine end, ByteBuffer in, ByteBuffer out) throws SSLException {
        ByteBuffer nothing = ByteBuffer.allocate(end.getSession().getApplicationBufferSize());
        switch (end.getHandshakeStatus()) {
            case NEED_WRAP -> end.wrap(ByteBuffer.allocate(0), out);
            case NEED_TASK -> {
                for (Runnable task = end.getDelegatedTask(); task != null; task = end.getDelegatedTask()) {
                    task.run();
                }
            }
            default -> {
                in.flip();
                end.unwrap(in, nothing);
                in.compact();
            }
        }
    }
}
