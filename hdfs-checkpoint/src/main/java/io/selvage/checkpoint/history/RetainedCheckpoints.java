package io.selvage.checkpoint.history;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JournaledJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Immutable. The completed checkpoints that a job can be restored from.
 *
 * @param completed oldest first
 */
public record RetainedCheckpoints(List<CheckpointCompleted> completed) {
    public RetainedCheckpoints {
        completed = List.copyOf(completed);
    }

    /**
     * Of those that a journal knows, which may be more.
     *
     * @param most how many are kept, the newest included; at least 1
     */
    public static RetainedCheckpoints of(JournaledJob job, int most) {
        List<CheckpointCompleted> all = new ArrayList<>(job.getRetainedList());
        if (job.hasCheckpoint()) {
            all.add(job.getCheckpoint());
        }
        return new RetainedCheckpoints(all).newest(most);
    }

    /**
     * What a job that has failed for good leaves, whatever becomes of its session: all that it could have been restored
     * from, as the newest may be what it has failed of, and what these need. Empty for any other job, if there is none,
     * or if it was stopped with a savepoint, which needs nothing.
     */
    public static Set<CheckpointId> ofFailed(JournaledJob job) {
        boolean hasFailed = job.hasEnded() && job.getEnded().getOutcome() == JobOutcome.JOB_FAILED;
        return hasFailed
                        && job.hasCheckpoint()
                        && job.getCheckpoint().getStoppedBy().isEmpty()
                ? of(job, ApplicationHistory.mostRetained(job)).directories()
                : Set.of();
    }

    public RetainedCheckpoints with(CheckpointCompleted newest, int most) {
        List<CheckpointCompleted> longer = new ArrayList<>(completed);
        longer.add(newest);
        return new RetainedCheckpoints(longer).newest(most);
    }

    private RetainedCheckpoints newest(int most) {
        return new RetainedCheckpoints(completed.subList(Math.max(0, completed.size() - most), completed.size()));
    }

    /** The checkpoints in whose directories files lie that are needed: these themselves, and what they build on. */
    public Set<CheckpointId> directories() {
        Set<CheckpointId> kept = new TreeSet<>();
        for (CheckpointCompleted each : completed) {
            kept.add(new CheckpointId(each.getCheckpoint()));
            each.getReferencesList().forEach(reference -> kept.add(new CheckpointId(reference)));
        }
        return kept;
    }
}
