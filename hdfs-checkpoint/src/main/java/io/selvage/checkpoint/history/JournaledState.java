package io.selvage.checkpoint.history;

import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.ClusterLearnt;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.IncarnationFailed;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournalSnapshot;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.SessionStopping;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Owned by the job master, or by whoever replays: what the records of a journal say together. Records are applied in
 * the order of their slots.
 */
public final class JournaledState {
    /** Ended jobs that are still known, for clients that ask late. */
    public static final int MAX_ENDED_JOBS = 100;
    /** Older complete checkpoints of a job that are still known; more are never kept. */
    public static final int MAX_RETAINED = 100;

    private EpochStarted epoch = EpochStarted.getDefaultInstance();
    /** Default as long as nobody wants the session's end. */
    private SessionStopping stopping = SessionStopping.getDefaultInstance();

    private ClusterLearnt learnt = ClusterLearnt.getDefaultInstance();
    private final Map<String, JournaledJob> jobs = new LinkedHashMap<>();
    private int recordsSinceSnapshot;

    public static JournaledState replay(Collection<JournalRecord> records) {
        JournaledState state = new JournaledState();
        records.forEach(state::apply);
        return state;
    }

    /** @throws IllegalStateException if the record does not follow from those before it */
    public void apply(JournalRecord journaled) {
        recordsSinceSnapshot = journaled.hasSnapshot() ? 0 : recordsSinceSnapshot + 1;
        switch (journaled.getRecordCase()) {
            case EPOCH_STARTED -> epoch = journaled.getEpochStarted();
            case JOB_SUBMITTED -> submit(journaled.getJobSubmitted());
            case INCARNATION_STARTED -> {
                var started = journaled.getIncarnationStarted();
                JournaledJob job = liveOrThrow(started.getJobId(), journaled);
                require(started.getIncarnation() > job.getIncarnation().getIncarnation(), journaled, job);
                var next = job.toBuilder().setIncarnation(started);
                if (started.hasAfter()) {
                    fail(next, started.getAfter());
                }
                put(next.build());
            }
            case INCARNATION_FAILED -> {
                var failed = journaled.getIncarnationFailed();
                var next = liveOrThrow(failed.getJobId(), journaled).toBuilder();
                fail(next, failed);
                put(next.build());
            }
            case CHECKPOINT_COMPLETED -> complete(journaled.getCheckpointCompleted(), journaled);
            case JOB_ENDED -> {
                var ended = journaled.getJobEnded();
                put(liveOrThrow(ended.getJobId(), journaled).toBuilder()
                        .setEnded(ended)
                        .build());
                forgetOldest();
            }
            case JOB_CANCEL_REQUESTED -> {
                var cancel = journaled.getJobCancelRequested();
                put(liveOrThrow(cancel.getJobId(), journaled).toBuilder()
                        .setCancelRequested(true)
                        .build());
            }
            case SNAPSHOT -> load(journaled.getSnapshot());
            case SESSION_STOPPING -> stopping = journaled.getSessionStopping();
            case CLUSTER_LEARNT -> learnt = journaled.getClusterLearnt();
            case RECORD_NOT_SET ->
                throw new IllegalStateException(
                        "The journal holds a record of a kind that this version does not know.");
        }
    }

    public int recordsSinceSnapshot() {
        return recordsSinceSnapshot;
    }

    /** The newest epoch. */
    public EpochStarted epoch() {
        return epoch;
    }

    /** Why the session is being stopped, if it is. */
    public Optional<SessionStopping> stopping() {
        return Optional.of(stopping).filter(said -> said.getTimeMillis() > 0);
    }

    /** What the session has found out about its cluster; default as long as that is nothing. */
    public ClusterLearnt learnt() {
        return learnt;
    }

    /** In the order of their submission. */
    public List<JournaledJob> jobs() {
        return List.copyOf(jobs.values());
    }

    /** All of this as one record. */
    public JournalSnapshot toSnapshot() {
        JournalSnapshot.Builder snapshot =
                JournalSnapshot.newBuilder().setEpoch(epoch).addAllJobs(jobs.values());
        stopping().ifPresent(snapshot::setStopping);
        if (!learnt.equals(ClusterLearnt.getDefaultInstance())) {
            snapshot.setLearnt(learnt);
        }
        return snapshot.build();
    }

    private void submit(JobSubmitted submitted) {
        // A second record of the same submission says nothing new.
        jobs.putIfAbsent(
                submitted.getJobId(),
                JournaledJob.newBuilder().setSubmitted(submitted).build());
    }

    /** What the restart policy counts outlives the failure itself, which the next checkpoint makes history. */
    private static void fail(JournaledJob.Builder job, IncarnationFailed failed) {
        job.setFailed(failed.toBuilder().clearHistory());
        if (failed.hasHistory()) {
            job.setHistory(failed.getHistory());
        }
    }

    private void complete(CheckpointCompleted completed, JournalRecord journaled) {
        JournaledJob job = liveOrThrow(completed.getJobId(), journaled);
        require(completed.getCheckpoint() > job.getCheckpoint().getCheckpoint(), journaled, job);
        JournaledJob.Builder next =
                job.toBuilder().setCheckpoint(completed).clearRetained().clearFailed();
        if (job.hasCheckpoint()) {
            List<CheckpointCompleted> older = new ArrayList<>(job.getRetainedList());
            older.add(job.getCheckpoint());
            next.addAllRetained(older.subList(Math.max(0, older.size() - MAX_RETAINED), older.size()));
        }
        put(next.build());
    }

    private void load(JournalSnapshot snapshot) {
        epoch = snapshot.getEpoch();
        stopping = snapshot.getStopping();
        learnt = snapshot.getLearnt();
        jobs.clear();
        snapshot.getJobsList().forEach(this::put);
    }

    private void put(JournaledJob job) {
        jobs.put(job.getSubmitted().getJobId(), job);
    }

    /** By their ends: a client still waits to hear of the end of a job that was submitted long ago. */
    private void forgetOldest() {
        List<String> ended = jobs.values().stream()
                .filter(JournaledJob::hasEnded)
                .sorted(Comparator.comparingLong(job -> job.getEnded().getTimeMillis()))
                .map(job -> job.getSubmitted().getJobId())
                .toList();
        ended.subList(0, Math.max(0, ended.size() - MAX_ENDED_JOBS)).forEach(jobs::remove);
    }

    private JournaledJob liveOrThrow(String id, JournalRecord journaled) {
        JournaledJob job = jobs.get(id);
        if (job == null || job.hasEnded()) {
            throw new IllegalStateException("The journal says " + journaled + " of a job that "
                    + (job == null ? "was never submitted." : "has ended."));
        }
        return job;
    }

    private static void require(boolean rising, JournalRecord journaled, JournaledJob job) {
        if (!rising) {
            throw new IllegalStateException("The journal says " + journaled + " after " + job + ".");
        }
    }
}
