package io.selvage.protocol.transport;

import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Refusals;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Builds both ends of the control plane. Mutual TLS with exactly the application's certificate is not an option but the
 * only form there is: a peer with another one, or with none, does not get past the handshake.
 */
public final class ControlTransport {
    /** The largest message; job graphs and metadata go by HDFS, so that this is far above any need. */
    public static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    /** How often the listening side asks whether a silent peer is there. */
    private static final long SERVER_PING_MILLIS = 2_000;
    /** gRPC's own least for the connecting side; heartbeats are what notices a silent host sooner. */
    private static final long CLIENT_PING_MILLIS = 10_000;

    private static final long PING_TIMEOUT_MILLIS = 3_000;
    /** The listening side refuses peers that ping more often. */
    private static final long LEAST_CLIENT_PING_MILLIS = 1_000;

    private static final long HANDSHAKE_TIMEOUT_MILLIS = 10_000;
    /**
     * Connections at once whose peers have not proven themselves yet; of more, those that are there longest go. Far
     * more than the executors of a large session, all of which come to a new master within a second.
     */
    private static final int MAX_NEWCOMERS = 4096;
    /** They encrypt and cut messages; what messages mean is for the threads of the service. */
    private static final int SERVING_THREADS =
            Math.min(8, 2 * Runtime.getRuntime().availableProcessors());

    private static final long LONGEST_END_MILLIS = 200;

    /** A twentieth of a second at each start, for events that nobody records. Read when the first class is loaded. */
    private static final String NETTY_RECORDS_EVENTS = "io.grpc.netty.shaded.io.netty.jfr.enabled";

    static {
        if (System.getProperty(NETTY_RECORDS_EVENTS) == null) {
            System.setProperty(NETTY_RECORDS_EVENTS, "false");
        }
    }

    /** The thread of this process's channels, once there is one. */
    private static volatile @Nullable EventLoopGroup connecting;

    private ControlTransport() {}

    /**
     * A server on that address (port 0: any free one) for the holders of that identity.
     *
     * @param refusals counts everyone else
     */
    public static ServerBuilder<?> server(ApplicationIdentity identity, InetSocketAddress address, Refusals refusals) {
        return server(identity, address, refusals, MAX_NEWCOMERS);
    }

    static ServerBuilder<?> server(
            ApplicationIdentity identity, InetSocketAddress address, Refusals refusals, int mostNewcomers) {
        DoorGuard guard = new DoorGuard(mostNewcomers, refusals);
        return NettyServerBuilder.forAddress(address)
                .channelFactory(() -> new GuardedServerChannel(guard))
                .bossEventLoopGroup(ServerThreads.ACCEPTING)
                .workerEventLoopGroup(ServerThreads.SERVING)
                .addTransportFilter(guard)
                .sslContext(serverContext(identity))
                .handshakeTimeout(HANDSHAKE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .keepAliveTime(SERVER_PING_MILLIS, TimeUnit.MILLISECONDS)
                .keepAliveTimeout(PING_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .permitKeepAliveTime(LEAST_CLIENT_PING_MILLIS, TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES);
    }

    /** The process's, made with its first server and never ended: it has one server, and ends with it. */
    private static final class ServerThreads {
        static final EventLoopGroup ACCEPTING = threads("control-accept", 1);
        static final EventLoopGroup SERVING = threads("control", SERVING_THREADS);

        private ServerThreads() {}
    }

    /**
     * Of all channels of the process, which are few: what they hear goes on to threads of gRPC's, and none may call
     * back on this one. Java's own selector: nothing native has to be unpacked.
     */
    private static final class ClientThread {
        static final EventLoopGroup CONNECTING = threads("control-client", 1);

        static {
            connecting = CONNECTING;
        }

        private ClientThread() {}
    }

    private static EventLoopGroup threads(String name, int count) {
        return new NioEventLoopGroup(count, new DefaultThreadFactory(name, true));
    }

    /**
     * Ends the thread of this process's channels, none of which can be used after it; blocks for a moment. For a
     * process that is about to end: a JVM waits 0.3 s at its exit for threads that are in native code, as those are
     * that wait for a connection.
     */
    public static void endChannels() {
        EventLoopGroup begun = connecting;
        if (begun != null) {
            begun.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS).awaitUninterruptibly(LONGEST_END_MILLIS);
        }
    }

    /** A channel to that server; it connects at its first call. */
    public static ManagedChannelBuilder<?> channel(ApplicationIdentity identity, String host, int port) {
        return NettyChannelBuilder.forAddress(new InetSocketAddress(host, port))
                .eventLoopGroup(ClientThread.CONNECTING)
                .channelType(NioSocketChannel.class)
                .sslContext(clientContext(identity))
                .keepAliveTime(CLIENT_PING_MILLIS, TimeUnit.MILLISECONDS)
                .keepAliveTimeout(PING_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .keepAliveWithoutCalls(true)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES);
    }

    static SslContext serverContext(ApplicationIdentity identity) {
        return build(GrpcSslContexts.configure(
                SslContextBuilder.forServer(new ApplicationKey(identity))
                        .clientAuth(ClientAuth.REQUIRE)
                        .trustManager(new PinnedCertificate(identity.certificate())),
                // The JDK's: it needs no native library to be unpacked, and few connections carry few bytes here.
                SslProvider.JDK));
    }

    static SslContext clientContext(ApplicationIdentity identity) {
        return build(GrpcSslContexts.configure(
                SslContextBuilder.forClient()
                        .keyManager(new ApplicationKey(identity))
                        .trustManager(new PinnedCertificate(identity.certificate())),
                SslProvider.JDK));
    }

    private static SslContext build(SslContextBuilder builder) {
        try {
            return builder.protocols("TLSv1.3").build();
        } catch (SSLException unavailable) {
            throw new IllegalStateException("This JVM can't do TLS 1.3.", unavailable);
        }
    }
}
