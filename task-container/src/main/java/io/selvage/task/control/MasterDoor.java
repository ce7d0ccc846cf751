package io.selvage.task.control;

import io.grpc.ManagedChannel;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.process.MasterHint;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.transport.ControlTransport;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes channels to masters; owned by the thread that starts the process, and then by the link's. The first one can be
 * made early: it connects by itself while the rest of the process is still being started.
 */
public final class MasterDoor {
    private final ApplicationIdentity identity;
    private @Nullable MasterAddress early;
    private @Nullable ManagedChannel earlyChannel;

    public MasterDoor(ApplicationIdentity identity) {
        this.identity = identity;
    }

    /** Begins to connect to the master that has launched this executor. */
    public void openEarly(MasterHint hint) {
        MasterAddress address = new MasterAddress(new Epoch(hint.epoch()), hint.host(), hint.controlPort());
        ManagedChannel channel = channelTo(address);
        channel.getState(true);
        early = address;
        earlyChannel = channel;
    }

    /** The master whose channel was made early. */
    Optional<MasterAddress> early() {
        return Optional.ofNullable(early);
    }

    /** A channel, which the caller shuts down; the early one is given away once. */
    ManagedChannel open(MasterAddress address) {
        ManagedChannel channel = earlyChannel;
        earlyChannel = null;
        if (channel != null && address.equals(early)) {
            return channel;
        }
        if (channel != null) {
            channel.shutdownNow();
        }
        return channelTo(address);
    }

    private ManagedChannel channelTo(MasterAddress address) {
        return ControlTransport.channel(identity, address.host(), address.port())
                .build();
    }
}
