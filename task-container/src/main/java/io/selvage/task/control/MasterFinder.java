package io.selvage.task.control;

import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.wire.EpochStarted;
import java.io.IOException;
import java.util.Optional;

/** Owned by the link's thread; reads the journal's end, where the newest master has written its address. */
final class MasterFinder {
    private final JournalTail tail;

    MasterFinder(JournalTail tail) {
        this.tail = tail;
    }

    /** A master newer than the ones answered before. */
    Optional<MasterAddress> findNewer() throws IOException {
        Optional<JournalTail.Leader> leader = tail.poll();
        if (leader.isEmpty()) {
            return Optional.empty();
        }
        EpochStarted started = EpochStarted.parseFrom(leader.get().payload());
        return Optional.of(
                new MasterAddress(new Epoch(leader.get().epoch()), started.getHost(), started.getControlPort()));
    }

    /** The newest slot of the journal that was seen. */
    long topSlot() {
        return tail.topSlot();
    }
}
