package io.selvage.protocol.transport;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.selvage.protocol.security.Newcomers;
import io.selvage.protocol.security.Refusals;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows which connections of one server have not passed the handshake, and bounds their number. Called by the threads
 * of several event loops; a connection is known by its remote address, since that is all that gRPC tells of it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What is closed may fail to; its end is heard of by its close future.
final class DoorGuard extends ServerTransportFilter {
    private final Newcomers<Channel> newcomers;
    private final Refusals refusals;
    private final Map<SocketAddress, Channel> byAddress = new ConcurrentHashMap<>();

    DoorGuard(int mostNewcomers, Refusals refusals) {
        this.newcomers = new Newcomers<>(mostNewcomers);
        this.refusals = refusals;
    }

    void onAccepted(Channel connection) {
        SocketAddress remote = connection.remoteAddress();
        if (remote == null) { // It has hung up already.
            connection.unsafe().closeForcibly();
            refusals.count("nowhere", "the peer closed it at once");
            return;
        }
        byAddress.put(remote, connection);
        connection.closeFuture().addListener(closed -> onClosed(connection, remote));
        newcomers.add(connection).ifPresent(eldest -> {
            refusals.count(String.valueOf(eldest.remoteAddress()), "others came while it had not proven itself");
            eldest.close();
        });
    }

    private void onClosed(Channel connection, SocketAddress remote) {
        byAddress.remove(remote, connection);
        if (newcomers.remove(connection)) {
            refusals.count(remote.toString(), "it did not prove to belong to this application");
        }
    }

    @Override
    public Attributes transportReady(Attributes transport) {
        SocketAddress remote = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        Channel connection = remote == null ? null : byAddress.remove(remote);
        if (connection != null) {
            newcomers.remove(connection);
        }
        return transport;
    }
}
