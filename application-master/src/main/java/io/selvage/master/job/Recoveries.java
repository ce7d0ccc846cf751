package io.selvage.master.job;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.Recovery;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Owned by a job: its failures that this master has seen, and how it came back from each, for people and drills. */
final class Recoveries {
    /** The newest ones; older ones are forgotten. */
    static final int KEPT = 32;

    private final Deque<Recovery.Builder> all = new ArrayDeque<>();

    /** A failure; until the job runs again, further ones are part of the same recovery. */
    void begin(Failure failure, long recordsReplayed, long nowMillis) {
        Recovery.Builder last = all.peekLast();
        if (last != null && last.getDeployedMillis() == 0) {
            return;
        }
        if (all.size() == KEPT) {
            all.removeFirst();
        }
        all.addLast(Recovery.newBuilder()
                .setFailure(failure)
                .setDetectedMillis(nowMillis)
                .setRecordsReplayed(recordsReplayed));
    }

    /** YARN has said later why. */
    void explain(Failure failure) {
        if (!all.isEmpty()) {
            all.getLast().setFailure(failure);
        }
    }

    void deployed(long incarnation, long fromCheckpoint, boolean byStandby, long nowMillis) {
        Recovery.Builder last = all.peekLast();
        if (last != null && last.getDeployedMillis() == 0) {
            last.setDeployedMillis(nowMillis)
                    .setIncarnation(incarnation)
                    .setFromCheckpoint(fromCheckpoint)
                    .setByStandby(byStandby);
        }
    }

    void running(long incarnation, long nowMillis) {
        Recovery.Builder last = all.peekLast();
        if (last != null && last.getIncarnation() == incarnation && last.getRunningMillis() == 0) {
            last.setRunningMillis(nowMillis);
        }
    }

    /** Oldest first. */
    List<Recovery> list() {
        return all.stream().map(Recovery.Builder::build).toList();
    }
}
