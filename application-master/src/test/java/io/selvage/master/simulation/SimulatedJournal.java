package io.selvage.master.simulation;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.checkpoint.history.RetainedCheckpoints;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.IncarnationStarted;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournalSnapshot;
import io.selvage.protocol.wire.JournaledJob;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: slots that are written once. A master writes at the slot after the last one that it knows,
 * as {@code io.selvage.checkpoint.journal.Journal} does; there is one job.
 */
final class SimulatedJournal {
    /** How a write ends. */
    enum Outcome {
        WRITTEN,
        FENCED
    }

    private record Slot(long epoch, JournalRecord journaled) {}

    private final Simulation simulation;
    private final List<Slot> slots = new ArrayList<>();
    /** What the slots say together. */
    private final JournaledState state = new JournaledState();
    /** By checkpoint: the incarnation that it is of. */
    private final Map<Long, Long> completed = new HashMap<>();

    /** By region: the incarnation that has started what runs of it. */
    private final Map<Integer, Long> started = new TreeMap<>();

    /** Of the newest incarnation; empty: as it was submitted. */
    private String graphPath = "";

    private long lastIncarnation;
    private long lastFailed;
    private long epoch;

    SimulatedJournal(Simulation simulation) {
        this.simulation = simulation;
    }

    /** The journal as one master knows it; owned by that master. */
    final class Writer {
        private final long writerEpoch;
        private int known;
        private List<JournalRecord> read = List.of();

        private Writer(long writerEpoch) {
            this.writerEpoch = writerEpoch;
            reread();
        }

        /** Takes the next slot for this master's epoch; empty if another master has taken it, and it is read again. */
        Optional<Outcome> tryClaim() {
            if (epoch >= writerEpoch) {
                return Optional.of(Outcome.FENCED);
            }
            if (known != slots.size() && !simulation.is(Variant.STALE_READ)) {
                reread();
                return Optional.empty();
            }
            put(JournalRecord.newBuilder()
                    .setEpochStarted(EpochStarted.newBuilder().setEpoch(writerEpoch))
                    .build());
            return Optional.of(Outcome.WRITTEN);
        }

        /** What was read, and this master's own epoch. */
        JournaledState history() {
            List<JournalRecord> history = new ArrayList<>(read);
            history.add(slots.get(slots.size() - 1).journaled());
            if (simulation.is(Variant.INCARNATION_USED_TWICE)) {
                for (int i = history.size() - 1; i >= 0; i--) {
                    if (history.get(i).hasIncarnationStarted()) {
                        history.remove(i);
                        break;
                    }
                }
            }
            if (simulation.is(Variant.PLACEMENT_FORGOTTEN)) {
                history.replaceAll(journaled -> changed(journaled, IncarnationStarted.Builder::clearExecutors));
            }
            if (simulation.is(Variant.CARRIED_IS_FORGOTTEN)) {
                history.replaceAll(journaled -> changed(journaled, IncarnationStarted.Builder::clearCarried));
            }
            if (simulation.is(Variant.RESCALE_FORGOTTEN)) {
                history.replaceAll(journaled -> changed(journaled, IncarnationStarted.Builder::clearGraphPath));
            }
            if (simulation.is(Variant.EXCLUSION_FORGOTTEN)) {
                history.replaceAll(SimulatedJournal::withoutExcluded);
            }
            if (simulation.is(Variant.ENDED_JOB_RUNS_AGAIN)) {
                history.removeIf(JournalRecord::hasJobEnded);
            }
            return simulation.compacts() ? compacted(history) : JournaledState.replay(history);
        }

        /** With other starts of incarnations, also in snapshots. */
        private static JournalRecord changed(JournalRecord journaled, Consumer<IncarnationStarted.Builder> change) {
            JournalRecord.Builder changed = journaled.toBuilder();
            if (journaled.hasIncarnationStarted()) {
                change.accept(changed.getIncarnationStartedBuilder());
            }
            if (journaled.hasSnapshot()) {
                changed.getSnapshotBuilder().getJobsBuilderList().stream()
                        .filter(JournaledJob.Builder::hasIncarnation)
                        .forEach(job -> change.accept(job.getIncarnationBuilder()));
            }
            return changed.build();
        }

        Outcome write(JournalRecord journaled) {
            if (known != slots.size() && !simulation.is(Variant.TWO_WINNERS)) {
                return Outcome.FENCED;
            }
            put(journaled);
            return Outcome.WRITTEN;
        }

        /** Whether no other master has written since. */
        boolean isOwner() {
            return known == slots.size();
        }

        private void put(JournalRecord journaled) {
            add(writerEpoch, journaled);
            known = slots.size();
        }

        private void reread() {
            known = slots.size();
            read = slots.stream().map(Slot::journaled).toList();
        }
    }

    private static JournalRecord withoutExcluded(JournalRecord journaled) {
        JournalRecord.Builder changed = journaled.toBuilder();
        if (journaled.hasClusterLearnt()) {
            changed.getClusterLearntBuilder().clearExcludedNodes();
        }
        if (journaled.hasSnapshot()) {
            changed.getSnapshotBuilder().clearLearnt();
        }
        return changed.build();
    }

    Writer open(long ofEpoch) {
        return new Writer(ofEpoch);
    }

    /** What a master reads if the journal was compacted somewhere on the way: the same. */
    private JournaledState compacted(List<JournalRecord> history) {
        int upTo = simulation.between(1, history.size() + 1);
        JournalSnapshot snapshot =
                JournaledState.replay(history.subList(0, upTo)).toSnapshot();
        if (simulation.is(Variant.SNAPSHOT_LOSES_JOB)) {
            snapshot = snapshot.toBuilder().clearJobs().build();
        }
        if (simulation.is(Variant.RECORD_FORGETS_CHECKPOINT) && snapshot.getJobsCount() > 0) {
            snapshot = snapshot.toBuilder()
                    .setJobs(0, snapshot.getJobs(0).toBuilder().clearCheckpoint())
                    .build();
        }
        List<JournalRecord> shorter = new ArrayList<>();
        shorter.add(JournalRecord.newBuilder().setSnapshot(snapshot).build());
        shorter.addAll(history.subList(upTo, history.size()));
        JournaledState read = JournaledState.replay(shorter);
        boolean deliberate =
                simulation.is(Variant.SNAPSHOT_LOSES_JOB) || simulation.is(Variant.RECORD_FORGETS_CHECKPOINT);
        Invariant.check(
                deliberate
                        || read.toSnapshot()
                                .equals(JournaledState.replay(history).toSnapshot()),
                "the journal says something else after a snapshot: %s",
                snapshot);
        return read;
    }

    private void add(long writer, JournalRecord journaled) {
        Invariant.check(
                writer >= epoch && (writer > epoch || !journaled.hasEpochStarted()),
                "epoch %d writes after epoch %d has won: %s",
                writer,
                epoch,
                journaled);
        switch (journaled.getRecordCase()) {
            case EPOCH_STARTED -> epoch = writer;
            case INCARNATION_STARTED -> check(journaled.getIncarnationStarted(), writer);
            case INCARNATION_FAILED -> {
                lastFailed =
                        Math.max(lastFailed, journaled.getIncarnationFailed().getIncarnation());
                simulation.onFailed(journaled.getIncarnationFailed());
            }
            case CHECKPOINT_COMPLETED -> check(journaled.getCheckpointCompleted());
            case SNAPSHOT ->
                Invariant.check(
                        journaled.getSnapshot().equals(state.toSnapshot()),
                        "the snapshot does not say what the records say: %s",
                        journaled);
            default -> {}
        }
        slots.add(new Slot(writer, journaled));
        state.apply(journaled);
        simulation.onDurable(journaled, writer);
    }

    private void check(IncarnationStarted started, long writer) {
        Invariant.check(
                started.getIncarnation() > lastIncarnation, "an incarnation's number is used twice: %s", started);
        Invariant.check(
                started.getFromCheckpoint() == newestCheckpoint(),
                "an incarnation does not start from the newest checkpoint, %d: %s",
                newestCheckpoint(),
                started);
        if (!started.getGraphPath().equals(graphPath)) {
            Invariant.check(
                    started.getGraphPath().contains("/graph-" + writer + "-"),
                    "an incarnation has neither the graph of the one before, %s, nor one of this master's: %s",
                    graphPath,
                    started);
            graphPath = started.getGraphPath();
            simulation.onRescaled(graphPath);
        }
        lastIncarnation = started.getIncarnation();
        Map<Integer, Long> carried = new TreeMap<>();
        started.getCarriedList().forEach(vertex -> carried.put(vertex.getVertex(), vertex.getSince()));
        carried.forEach((region, since) -> Invariant.check(
                since.equals(this.started.get(region)),
                "region %d is to go on as incarnation %d has started it, but that was %d: %s",
                region,
                since,
                this.started.get(region),
                started));
        simulation.scenario().regions().stream()
                .filter(region -> !carried.containsKey(region))
                .forEach(region -> this.started.put(region, lastIncarnation));
        simulation.onIncarnationStarted(carried.keySet(), started.getAfter());
    }

    private void check(CheckpointCompleted done) {
        Invariant.check(done.getCheckpoint() > newestCheckpoint(), "checkpoints complete out of order: %s", done);
        Invariant.check(
                done.getIncarnation() == lastIncarnation,
                "a checkpoint of an incarnation that is over completes after %d has started: %s",
                lastIncarnation,
                done);
        OperatorState.lanes(simulation.store().verify(done))
                .map(OperatorState::of)
                .forEach(cut -> {
                    int region = cut.subtask().vertex().value();
                    Invariant.check(
                            cut.since() == startOf(region),
                            "region %d has started anew in incarnation %d, and a checkpoint has a part of what ran since %d: %s",
                            region,
                            startOf(region),
                            cut.since(),
                            done);
                });
        completed.put(done.getCheckpoint(), done.getIncarnation());
    }

    long epoch() {
        return epoch;
    }

    /** The one job, once it is submitted. */
    Optional<JournaledJob> job() {
        List<JournaledJob> jobs = state.jobs();
        return jobs.isEmpty() ? Optional.empty() : Optional.of(jobs.get(0));
    }

    /** What must be restorable: the newest completed checkpoint of a job that may need it, or that leaves it. */
    Optional<CheckpointCompleted> restorePoint() {
        return job().filter(job -> job.hasCheckpoint() && (!job.hasEnded() || isRetained(job)))
                .map(JournaledJob::getCheckpoint);
    }

    /** All that can be restored while the job goes on, and of one that has ended what outlives it. */
    List<CheckpointCompleted> restorePoints() {
        return job().filter(job -> !job.hasEnded() || isRetained(job))
                .map(job -> RetainedCheckpoints.of(job, simulation.scenario().retained())
                        .completed())
                .orElse(List.of());
    }

    /** The checkpoint that outlives the job, if it has ended so that one does. */
    Optional<CheckpointCompleted> retained() {
        return job().filter(job -> job.hasCheckpoint() && isRetained(job)).map(JournaledJob::getCheckpoint);
    }

    /** Its newest checkpoint outlives the job by the journal's word, marked or not. */
    boolean hasFailedWithCheckpoint() {
        return retained().isPresent() && job().orElseThrow().getEnded().getOutcome() == JobOutcome.JOB_FAILED;
    }

    private boolean isRetained(JournaledJob ended) {
        JobOutcome outcome = ended.getEnded().getOutcome();
        return (outcome == JobOutcome.JOB_FAILED
                        || simulation.scenario().retains() && outcome == JobOutcome.JOB_CANCELED)
                && ended.getCheckpoint().getStoppedBy().isEmpty();
    }

    boolean hasStarted(long incarnation) {
        return incarnation <= lastIncarnation;
    }

    /** A failure of the incarnation, a newer one, or a wanted end is durable. */
    boolean mayStop(long incarnation) {
        return incarnation < lastIncarnation
                || incarnation <= lastFailed
                || job().map(job -> job.getCancelRequested() || job.hasEnded()).orElse(true);
    }

    /** The incarnation that has started what runs of the region; 0: none has. */
    long startOf(int region) {
        return started.getOrDefault(region, 0L);
    }

    String graphPath() {
        return graphPath;
    }

    long lastIncarnation() {
        return lastIncarnation;
    }

    boolean isComplete(long checkpoint) {
        return completed.containsKey(checkpoint);
    }

    /** The newest completed checkpoint of an incarnation; 0 if there is none. */
    long newestOf(long incarnation) {
        @Nullable
        CheckpointCompleted newest = job().map(JournaledJob::getCheckpoint).orElse(null);
        return newest != null && newest.getIncarnation() == incarnation ? newest.getCheckpoint() : 0;
    }

    private long newestCheckpoint() {
        return job().map(job -> job.getCheckpoint().getCheckpoint()).orElse(0L);
    }
}
