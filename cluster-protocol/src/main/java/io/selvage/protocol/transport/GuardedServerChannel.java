package io.selvage.protocol.transport;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;

/** Owned by the thread that accepts. Tells the guard of each connection before anything of it is read. */
final class GuardedServerChannel extends NioServerSocketChannel {
    private final DoorGuard guard;

    GuardedServerChannel(DoorGuard guard) {
        this.guard = guard;
    }

    @Override
    protected int doReadMessages(List<Object> accepted) throws Exception {
        int before = accepted.size();
        int count = super.doReadMessages(accepted);
        for (Object connection : accepted.subList(before, accepted.size())) {
            guard.onAccepted((Channel) connection);
        }
        return count;
    }
}
