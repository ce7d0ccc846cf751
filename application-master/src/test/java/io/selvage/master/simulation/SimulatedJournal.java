package io.selvage.master.simulation;

import io.selvage.master.job.JournaledState;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Owned by the simulation: what is durable. Only the master whose epoch is the newest can append. */
final class SimulatedJournal {
    private final List<JournalRecord> records = new ArrayList<>();
    private final Set<String> incarnations = new HashSet<>();
    /** What the records say together. */
    private final JournaledState state = new JournaledState();

    private long epoch;

    JournaledState claim(long claimed) {
        Invariant.check(claimed > epoch, "epoch %d is claimed after %d", claimed, epoch);
        epoch = claimed;
        add(JournalRecord.newBuilder()
                .setEpochStarted(EpochStarted.newBuilder().setEpoch(claimed))
                .build());
        return JournaledState.replay(records);
    }

    /** False if a newer epoch has fenced the writer. */
    boolean tryAppend(long writer, JournalRecord journaled) {
        if (writer != epoch) {
            return false;
        }
        if (journaled.hasIncarnationStarted()) {
            var started = journaled.getIncarnationStarted();
            Invariant.check(
                    incarnations.add(started.getJobId() + "/" + started.getIncarnation()),
                    "incarnation used twice: %s",
                    started);
            Invariant.check(
                    started.getFromCheckpoint()
                            == newest(started.getJobId())
                                    .map(CheckpointCompleted::getCheckpoint)
                                    .orElse(0L),
                    "incarnation does not start from the newest checkpoint: %s",
                    started);
        }
        Invariant.check(
                !journaled.hasSnapshot() || journaled.getSnapshot().equals(state.toSnapshot()),
                "the snapshot does not say what the records say: %s",
                journaled);
        add(journaled);
        return true;
    }

    private void add(JournalRecord journaled) {
        records.add(journaled);
        state.apply(journaled);
    }

    long epoch() {
        return epoch;
    }

    Optional<CheckpointCompleted> newest(String job) {
        return job(job).filter(JournaledJob::hasCheckpoint).map(JournaledJob::getCheckpoint);
    }

    Optional<JournaledJob> job(String job) {
        return state.jobs().stream()
                .filter(journaled -> journaled.getSubmitted().getJobId().equals(job))
                .findFirst();
    }

    boolean holds(String job, long incarnation) {
        return incarnations.contains(job + "/" + incarnation);
    }

    boolean isComplete(String job, long checkpoint) {
        return records.stream()
                .filter(JournalRecord::hasCheckpointCompleted)
                .map(JournalRecord::getCheckpointCompleted)
                .anyMatch(done -> done.getJobId().equals(job) && done.getCheckpoint() == checkpoint);
    }
}
