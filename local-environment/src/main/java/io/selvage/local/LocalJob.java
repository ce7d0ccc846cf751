package io.selvage.local;

import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import io.selvage.protocol.wire.TakeSavepointRequest;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A job of a {@link LocalEnvironment}. Safe for use by many threads; every call blocks until the environment answers. A
 * thread that is interrupted while it waits gets a {@link JobFailedException}, and the job goes on.
 */
public final class LocalJob {
    static final long POLL_MILLIS = 5;
    private static final Set<JobPhase> ENDS = EnumSet.of(JobPhase.FINISHED, JobPhase.CANCELED, JobPhase.FAILED);

    private final LocalSession session;
    private final String id;

    LocalJob(LocalSession session, String id) {
        this.session = session;
        this.id = id;
    }

    public String id() {
        return id;
    }

    /** How it stands: its phase, restarts, checkpoints, counters, and its newest failure. */
    public JobDescription describe() {
        return session.ask(request -> new MasterEvent.JobsQueried(request, id, false), ListJobsResponse.class)
                .getJobs(0);
    }

    /**
     * Waits until the job has finished.
     *
     * @throws JobFailedException if it fails or is canceled
     */
    public JobDescription awaitFinished() {
        JobDescription end = awaitEnd();
        if (end.getPhase() == JobPhase.FAILED) {
            throw JobFailedException.of(end);
        }
        if (end.getPhase() == JobPhase.CANCELED) {
            throw new JobFailedException("The job \"" + end.getName() + "\" was canceled before it had finished.");
        }
        return end;
    }

    /** Waits until the job has finished, was canceled or has failed. */
    public JobDescription awaitEnd() {
        return await(job -> ENDS.contains(job.getPhase()));
    }

    /** Waits until all of its subtasks run. @throws JobFailedException if it comes to its end before */
    public JobDescription awaitRunning() {
        return awaitLiving(job -> job.getPhase() == JobPhase.RUNNING || job.getPhase() == JobPhase.FINISHING);
    }

    /** Waits until so many checkpoints are complete. @throws JobFailedException if it comes to its end before */
    public JobDescription awaitCheckpoints(long count) {
        return awaitLiving(job -> job.getCheckpointsCompleted() >= count);
    }

    /**
     * Takes a checkpoint as soon as the job runs, and waits until it is complete.
     *
     * @throws JobFailedException if the job comes to its end before
     */
    public void checkpoint() {
        awaitRunning();
        RequestCheckpointResponse granted = session.ask(
                request -> new MasterEvent.CheckpointRequested(request, id), RequestCheckpointResponse.class);
        if (!granted.getRefusal().isEmpty()) {
            throw new JobFailedException(granted.getRefusal());
        }
        awaitLiving(job -> job.getLastCheckpoint() > granted.getAfter());
    }

    /**
     * Takes a savepoint; the job goes on. Returns when it is complete.
     *
     * @param directory in which the savepoint's own is made: a local path, or that of another Hadoop file system
     * @return the savepoint's directory: what {@link LocalEnvironment.Builder#from} takes, and {@code run --from}
     * @throws JobFailedException if it could not be taken
     */
    public String savepoint(String directory) {
        return take(TakeSavepointRequest.newBuilder().setDirectory(LocalSession.qualify(directory)));
    }

    /**
     * The same, and with it the job is stopped: its output is committed up to there, and it finishes.
     *
     * @throws JobFailedException also if the savepoint is complete, and the output could not be committed
     */
    public String stopWithSavepoint(String directory) {
        String path = take(TakeSavepointRequest.newBuilder()
                .setDirectory(LocalSession.qualify(directory))
                .setStop(true));
        awaitFinished();
        return path;
    }

    /** Ends the job; returns when it has ended. One that has ended already stays as it is. */
    public JobDescription cancel() {
        session.ask(request -> new MasterEvent.CancelRequested(request, id), CancelJobResponse.class);
        return awaitEnd();
    }

    private String take(TakeSavepointRequest.Builder wanted) {
        TakeSavepointRequest savepoint =
                wanted.setJobId(id).setSavepointId(SavepointId.random().value()).build();
        SavepointDescription stands = session.ask(
                request -> new MasterEvent.SavepointRequested(request, savepoint), SavepointDescription.class);
        DescribeSavepointRequest question = DescribeSavepointRequest.newBuilder()
                .setJobId(id)
                .setSavepointId(savepoint.getSavepointId())
                .build();
        while (stands.getState() == SavepointState.SAVEPOINT_WAITING
                || stands.getState() == SavepointState.SAVEPOINT_RUNNING) {
            session.pause(POLL_MILLIS);
            stands = session.ask(
                    request -> new MasterEvent.SavepointQueried(request, question), SavepointDescription.class);
        }
        if (stands.getState() != SavepointState.SAVEPOINT_COMPLETED) {
            throw new JobFailedException("The savepoint of " + id + " was not taken: " + stands.getReason());
        }
        return stands.getPath();
    }

    private JobDescription awaitLiving(Predicate<JobDescription> condition) {
        JobDescription job = await(each -> condition.test(each) || ENDS.contains(each.getPhase()));
        if (condition.test(job)) {
            return job;
        }
        throw job.getPhase() == JobPhase.FAILED
                ? JobFailedException.of(job)
                : new JobFailedException("The job \"" + job.getName() + "\" has come to its end (" + job.getPhase()
                        + ") before what was waited for.");
    }

    private JobDescription await(Predicate<JobDescription> condition) {
        JobDescription job = describe();
        while (!condition.test(job)) {
            session.pause(POLL_MILLIS);
            job = describe();
        }
        return job;
    }

    @Override
    public String toString() {
        return id;
    }
}
