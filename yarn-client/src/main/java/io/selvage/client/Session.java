package io.selvage.client;

import io.selvage.checkpoint.restore.RestorePlan;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.client.connect.Diagnostics;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.connect.SessionState;
import io.selvage.client.connect.Yarn;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CancelJobRequest;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.DrillRequest;
import io.selvage.protocol.wire.DrillResponse;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.ListJobsRequest;
import io.selvage.protocol.wire.RequestCheckpointRequest;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionSpec;
import io.selvage.protocol.wire.ShowThreadsRequest;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.StopSessionRequest;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.TakeSavepointRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.jspecify.annotations.Nullable;

/** A session that runs; used by one thread. Closing it closes the connection, not the session. */
public final class Session implements AutoCloseable {
    /** How long someone who waits for a job's end puts up with a missing master: YARN needs 15 minutes at worst. */
    private static final Duration AWAIT_PATIENCE = Duration.ofMinutes(20);

    /** How long an orderly stop may take before YARN is asked to kill what is left. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);

    /** How long someone who waits for a checkpoint puts up with a job that does not run: it may be coming back. */
    private static final Duration CHECKPOINT_PATIENCE = Duration.ofMinutes(1);

    /** Above what a master takes to give it up, and another one to start it. */
    private static final Duration RESCALE_PATIENCE = Duration.ofMinutes(10);

    private static final long POLL_MILLIS = 300;
    private static final long END_POLL_MILLIS = 100;
    /** One that takes longer is one for which YARN was away. */
    private static final long LONGEST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A savepoint that is lost with its master is taken anew so often, all in all. */
    private static final int SAVEPOINT_ATTEMPTS = 5;

    private static final Set<JobPhase> ENDS = Set.of(JobPhase.FINISHED, JobPhase.CANCELED, JobPhase.FAILED);

    private final SelvageClient client;
    private final Yarn yarn;
    private final SessionRecord record;
    private final ApplicationId application;
    private final MasterConnection connection;
    private @Nullable String webPage;

    /** @param connection to the session's master, or to be made; closed with this */
    Session(SelvageClient client, Yarn yarn, SessionRecord record, MasterConnection connection) {
        this.client = client;
        this.yarn = yarn.patient();
        this.record = record;
        this.application = ApplicationId.fromString(record.applicationId());
        this.connection = connection;
    }

    public String applicationId() {
        return record.applicationId();
    }

    public String name() {
        return record.name();
    }

    public long openedMillis() {
        return record.openedMillis();
    }

    /** The job that it is for alone; null: it is a session, which takes jobs. */
    @Nullable
    public String onlyJob() {
        return record.onlyJob();
    }

    /** Fully qualified. */
    public String stateRoot() {
        return record.stateRoot();
    }

    /** What it was opened with, from HDFS: nothing secret. */
    public SessionSpec spec() {
        return client.spec(record);
    }

    public SessionDescription describe() {
        return connection.call(stub -> stub.describeSession(DescribeSessionRequest.getDefaultInstance()));
    }

    /**
     * Its page, at YARN's web proxy: that leads to whichever master there is, and may read the page where nobody else
     * may. YARN is asked once.
     */
    public String webPage() {
        String known = webPage;
        if (known == null) {
            known = report().getTrackingUrl();
            webPage = known;
        }
        return known;
    }

    /** How a session and its jobs stand at one moment. */
    public record Status(SessionDescription session, List<JobDescription> jobs) {
        public Status {
            jobs = List.copyOf(jobs);
        }
    }

    /**
     * How it stands now; asked for once, without patience.
     *
     * @throws MasterAbsentException if there is no master at this moment
     * @throws ClientException with {@code NO_SESSION} if it has ended
     */
    public Status look() throws MasterAbsentException {
        SessionDescription description =
                connection.tryCall(stub -> stub.describeSession(DescribeSessionRequest.getDefaultInstance()));
        return new Status(
                description,
                connection
                        .tryCall(stub -> stub.listJobs(ListJobsRequest.getDefaultInstance()))
                        .getJobsList());
    }

    /** What YARN says of it. */
    public ApplicationReport report() {
        return yarn.report(application);
    }

    /**
     * Runs the program's {@code main} here, which submits its jobs.
     *
     * @param settings for the jobs, below what the program sets itself and above what the session was opened with
     * @param submitted told of each job when the session has it
     * @return the jobs' ids, at least one
     */
    public List<String> submit(Program program, Configuration settings, Consumer<String> submitted) {
        return submit(program, settings, submitted, null);
    }

    /**
     * The same for a program whose job goes on from a savepoint, or from a checkpoint that was left, at whatever
     * parallelism. It is not needed any more once the job has completed a checkpoint of its own; then it is deleted if
     * it was claimed, and else never.
     *
     * @param from null: from the beginning
     * @throws ClientException with {@code NOT_RESTORABLE} if the job can't go on from there; nothing is submitted then
     */
    public List<String> submit(
            Program program, Configuration settings, Consumer<String> submitted, @Nullable StartPoint from) {
        Configuration here = ProgramRun.inSession(settings, spec());
        StartPoint qualified = from == null ? null : client.qualify(from);
        return program.run(
                new Submission(connection, record, client, program.jar().path(), here, submitted, qualified),
                ClassLoading.from(here),
                client.hadoopFolder());
    }

    /** Why the master does not take the job of its own application; empty once it is durable. */
    String refusal(SubmitJobRequest told) {
        return Submission.refusal(connection, told);
    }

    /**
     * Runs the program's {@code main} here and submits nothing: tells what would become of a savepoint's state.
     *
     * @param planned told for each job of the program, also of what is then refused
     * @throws ClientException with {@code NOT_RESTORABLE} if a job can't go on from there
     */
    public void plan(Program program, Configuration settings, StartPoint from, Consumer<RestorePlan> planned) {
        client.plan(program, ProgramRun.inSession(settings, spec()), stateRoot(), from, planned);
    }

    /**
     * Takes a savepoint of a job that runs, or will in a moment; the job goes on. Returns when it is complete.
     *
     * @param directory in which the savepoint's own is made; null: what the job's settings say
     * @return its directory, fully qualified
     * @throws ClientException with {@code SAVEPOINT_FAILED} if it could not be taken
     */
    public String savepoint(String jobId, @Nullable String directory) {
        return take(TakeSavepointRequest.newBuilder().setJobId(jobId), directory);
    }

    /**
     * Stops a job with a savepoint: no record is processed after it, and the output up to it is committed. Returns when
     * it is complete; the job finishes then. If it fails, the job goes on.
     *
     * @param drain event time ends before it, so that all windows fire; not for a job that is to go on later
     * @return the savepoint's directory, fully qualified
     * @throws ClientException with {@code SAVEPOINT_FAILED} if it could not be taken
     */
    public String stopWithSavepoint(String jobId, @Nullable String directory, boolean drain) {
        return take(
                TakeSavepointRequest.newBuilder().setJobId(jobId).setStop(true).setDrain(drain), directory);
    }

    /** A master that takes over knows nothing of it, unless it has stopped the job: then it is asked for another. */
    private String take(TakeSavepointRequest.Builder wanted, @Nullable String directory) {
        if (directory != null) {
            wanted.setDirectory(client.qualify(directory));
        }
        for (int attempt = 1; attempt <= SAVEPOINT_ATTEMPTS; attempt++) {
            TakeSavepointRequest request =
                    wanted.setSavepointId(SavepointId.random().value()).build();
            SavepointDescription end = awaitSavepoint(request);
            switch (end.getState()) {
                case SAVEPOINT_COMPLETED -> {
                    return end.getPath();
                }
                case SAVEPOINT_FAILED ->
                    throw new ClientException(
                            ExitCode.SAVEPOINT_FAILED,
                            "The savepoint of " + request.getJobId() + " was not taken: " + end.getReason()
                                    + (end.getReason().endsWith(".") ? "" : ".")
                                    + " The job is as it was: see scripts/selvage status --job " + request.getJobId()
                                    + ", and take it again.");
                case SAVEPOINT_REFUSED -> throw new ClientException(ExitCode.NO_SESSION, end.getReason());
                default -> {}
            }
        }
        throw new ClientException(
                ExitCode.SAVEPOINT_FAILED,
                "The savepoint of " + wanted.getJobId() + " was not taken: the master was lost " + SAVEPOINT_ATTEMPTS
                        + " times meanwhile. See scripts/selvage status, and take it again.");
    }

    /** Until it has come to its end, or the master that takes it has. */
    private SavepointDescription awaitSavepoint(TakeSavepointRequest request) {
        SavepointDescription stands = connection.call(stub -> stub.takeSavepoint(request));
        DescribeSavepointRequest question = DescribeSavepointRequest.newBuilder()
                .setJobId(request.getJobId())
                .setSavepointId(request.getSavepointId())
                .build();
        while (stands.getState() == SavepointState.SAVEPOINT_WAITING
                || stands.getState() == SavepointState.SAVEPOINT_RUNNING) {
            pause(POLL_MILLIS);
            stands = connection.call(stub -> stub.describeSavepoint(question));
        }
        return stands;
    }

    /**
     * Takes a checkpoint of a job that runs, at once. Returns when it is complete; under whichever master.
     *
     * @throws ClientException with {@code CHECKPOINT_FAILED} if it could not be taken, with {@code NO_SESSION} if there
     *     is no such job, or none that runs
     */
    public CheckpointDescription checkpoint(String jobId) {
        RequestCheckpointRequest request =
                RequestCheckpointRequest.newBuilder().setJobId(jobId).build();
        RequestCheckpointResponse granted = connection.call(stub -> stub.requestCheckpoint(request));
        if (!granted.getRefusal().isEmpty()) {
            throw new ClientException(ExitCode.NO_SESSION, granted.getRefusal());
        }
        long absentNanos = 0;
        while (true) {
            JobDescription job = jobInDetail(jobId);
            Optional<CheckpointDescription> taken = job.getCheckpointsList().stream()
                    .filter(each -> each.getCheckpoint() > granted.getAfter() && !each.getSavepoint())
                    .findFirst();
            if (taken.isPresent()) {
                return completeOrThrow(jobId, taken.get());
            }
            absentNanos = mayTakeOne(job) ? 0 : absentNanos == 0 ? System.nanoTime() : absentNanos;
            if (isEnd(job.getPhase())
                    || (absentNanos != 0 && System.nanoTime() - absentNanos > CHECKPOINT_PATIENCE.toNanos())) {
                throw notTaken(jobId, "the job is " + job.getPhase() + ".");
            }
            pause(POLL_MILLIS);
        }
    }

    private static boolean mayTakeOne(JobDescription job) {
        return job.getPhase() == JobPhase.RUNNING || job.getPhase() == JobPhase.FINISHING;
    }

    private static CheckpointDescription completeOrThrow(String jobId, CheckpointDescription taken) {
        if (taken.getState() != CheckpointState.CHECKPOINT_COMPLETED) {
            throw notTaken(
                    jobId, taken.getReason() + (taken.getReason().endsWith(".") ? " " : ". ") + taken.getSlowest());
        }
        return taken;
    }

    private static ClientException notTaken(String jobId, String reason) {
        return new ClientException(
                ExitCode.CHECKPOINT_FAILED,
                "The checkpoint of " + jobId + " was not taken: " + reason
                        + " See how the job stands with: scripts/selvage status --job " + jobId);
    }

    /**
     * Gives a job that runs another parallelism, from a checkpoint that is taken for it; exactly once. Returns when all
     * of it runs so, under whichever master.
     *
     * @param parallelism of the steps that had the highest when the job was submitted; 0: they keep theirs
     * @param ofUid of steps by their uids
     * @throws ClientException with {@code REFUSED} if it is not possible, with {@code RESCALE_FAILED} if there were no
     *     slots for it in time; the job goes on as it is
     */
    public void rescale(String jobId, int parallelism, Map<String, Integer> ofUid) {
        RescaleJobRequest request = RescaleJobRequest.newBuilder()
                .setJobId(job(jobId).getJobId())
                .setRescaleId(SavepointId.random().value())
                .setParallelism(parallelism)
                .putAllOfUid(ofUid)
                .build();
        long begunNanos = System.nanoTime();
        while (true) {
            RescaleJobResponse stands = connection.call(stub -> stub.rescaleJob(request));
            switch (stands.getState()) {
                case RESCALE_DONE -> {
                    return;
                }
                case RESCALE_WAITING -> {
                    if (System.nanoTime() - begunNanos > RESCALE_PATIENCE.toNanos()) {
                        throw notRescaled(
                                ExitCode.RESCALE_FAILED,
                                jobId,
                                "that has taken " + RESCALE_PATIENCE.toMinutes() + " minutes, and may yet be. "
                                        + stands.getReason());
                    }
                }
                case RESCALE_REFUSED -> throw notRescaled(ExitCode.REFUSED, jobId, stands.getReason());
                default -> throw notRescaled(ExitCode.RESCALE_FAILED, jobId, stands.getReason());
            }
            pause(POLL_MILLIS);
        }
    }

    private static ClientException notRescaled(ExitCode code, String jobId, String reason) {
        return new ClientException(
                code,
                "The parallelism of " + jobId + " was not changed: " + reason
                        + " See how the job stands with: scripts/selvage status --job " + jobId);
    }

    /** All jobs of the session, newest first. */
    public List<JobDescription> jobs() {
        return connection
                .call(stub -> stub.listJobs(ListJobsRequest.getDefaultInstance()))
                .getJobsList();
    }

    /**
     * A job, with how its newest checkpoints went, and what each of its subtasks does.
     *
     * @throws ClientException with {@code NO_SESSION} if there is no such job
     */
    public JobDescription jobInDetail(String jobId) {
        ListJobsRequest request =
                jobRequest(jobId).toBuilder().setDetailed(true).build();
        return only(jobId, connection.call(stub -> stub.listJobs(request)).getJobsList());
    }

    /** @throws ClientException with {@code NO_SESSION} if there is no such job */
    public JobDescription job(String jobId) {
        return only(
                jobId, connection.call(stub -> stub.listJobs(jobRequest(jobId))).getJobsList());
    }

    /** Returns when the cancellation is durable; the job's end follows. */
    public void cancel(String jobId) {
        CancelJobRequest request = CancelJobRequest.newBuilder().setJobId(jobId).build();
        CancelJobResponse response = connection.call(stub -> stub.cancelJob(request));
        if (!response.getRefusal().isEmpty()) {
            throw new ClientException(ExitCode.NO_SESSION, response.getRefusal());
        }
    }

    /**
     * Makes a process of the session fail: a drill. It is asked for once only.
     *
     * @param executorId empty: the master itself
     * @return when it was done; wall clock of the master
     */
    public long drill(DrillKind kind, String executorId) {
        DrillRequest request = DrillRequest.newBuilder()
                .setKind(kind)
                .setExecutorId(executorId)
                .build();
        connection.call(stub -> stub.describeSession(DescribeSessionRequest.getDefaultInstance()));
        long askedMillis = System.currentTimeMillis();
        DrillResponse response;
        try {
            response = connection.tryCall(stub -> stub.drill(request));
        } catch (MasterAbsentException gone) {
            if (executorId.isEmpty()) {
                return askedMillis; // Its answer was lost with it.
            }
            throw new ClientException(
                    ExitCode.SESSION_FAILED,
                    "The master was lost while it was asked to make " + executorId
                            + " fail. See how the session stands, and repeat the drill: selvage status",
                    gone);
        }
        if (!response.getRefusal().isEmpty()) {
            throw new ClientException(ExitCode.NO_SESSION, response.getRefusal());
        }
        return response.getTimeMillis();
    }

    /**
     * What threads of one of its processes do at this moment; answered within seconds, also by silence.
     *
     * @param executorId empty: the master itself
     * @param threadName empty: all threads
     * @param isPrefix all threads whose names begin with it
     */
    public ShowThreadsResponse threads(String executorId, String threadName, boolean isPrefix) {
        ShowThreadsRequest request = threadsRequest(executorId, threadName, isPrefix);
        return connection.call(stub -> stub.showThreads(request));
    }

    /** The same without patience: asked once. */
    public ShowThreadsResponse lookAtThreads(String executorId, String threadName, boolean isPrefix)
            throws MasterAbsentException {
        ShowThreadsRequest request = threadsRequest(executorId, threadName, isPrefix);
        return connection.tryCall(stub -> stub.showThreads(request));
    }

    private static ShowThreadsRequest threadsRequest(String executorId, String threadName, boolean isPrefix) {
        return ShowThreadsRequest.newBuilder()
                .setExecutorId(executorId)
                .setThreadName(threadName)
                .setIsPrefix(isPrefix)
                .build();
    }

    /** Has YARN fail the attempt that is the master now. */
    public void failAttempt() {
        yarn.failAttempt(report().getCurrentApplicationAttemptId());
    }

    /** The master's attempts that have failed since then and that YARN counts against the application. */
    public int failedAttemptsSince(long millis) {
        return yarn.failedAttemptsSince(application, millis);
    }

    /** The containers that YARN counts as the session's now, by their ids. */
    public Set<String> liveContainers() {
        return yarn.liveContainers(report().getCurrentApplicationAttemptId());
    }

    /** Waits until the job has finished, was canceled or has failed, over any number of masters. */
    public JobDescription awaitEnd(String jobId, JobObserver observer) {
        long absentSince = 0;
        boolean absent = false;
        while (true) {
            try {
                JobDescription job = only(
                        jobId,
                        connection
                                .tryCall(stub -> stub.listJobs(jobRequest(jobId)))
                                .getJobsList());
                absent = false;
                observer.onProgress(job);
                if (isEnd(job.getPhase())) {
                    return job;
                }
            } catch (MasterAbsentException | ClientException unanswered) {
                if (unanswered instanceof ClientException sentence && sentence.exitCode() != ExitCode.NO_CLUSTER) {
                    return endWithApplication(jobId).orElseThrow(() -> sentence);
                }
                absentSince = absent ? absentSince : System.nanoTime();
                absent = true;
                Duration absence = Duration.ofNanos(System.nanoTime() - absentSince);
                if (absence.compareTo(AWAIT_PATIENCE) > 0) {
                    throw new ClientException(
                            ExitCode.SESSION_FAILED,
                            "The session " + applicationId() + " has not answered for " + absence.toMinutes()
                                    + " minutes: " + unanswered.getMessage()
                                    + ". The job may run; look again with: scripts/selvage attach " + jobId,
                            unanswered);
                }
                observer.onMasterAbsent(String.valueOf(unanswered.getMessage()), absence);
            }
            pause(POLL_MILLIS);
        }
    }

    /** The end of a job that was alone in its application: that ends moments later, and YARN then knows of both. */
    private Optional<JobDescription> endWithApplication(String jobId) {
        if (!jobId.equals(onlyJob()) || !hasEnded()) {
            return Optional.empty();
        }
        ApplicationReport report = report();
        boolean isItsOwnWord = report.getYarnApplicationState() == YarnApplicationState.FINISHED;
        return Optional.of(LastWord.of(
                        jobId,
                        report.getFinalApplicationStatus(),
                        isItsOwnWord ? report.getDiagnostics() : Diagnostics.ofEnd(report))
                .setName(name())
                .setSubmittedMillis(openedMillis())
                .setEndedMillis(Math.max(openedMillis(), report.getFinishTime()))
                .build());
    }

    /**
     * Waits until an application that is for one job has ended with it, and forgets it then.
     *
     * @return false: it has not within half a minute
     */
    public boolean awaitOwnEnd() {
        if (!hasEndedWithin(STOP_PATIENCE)) {
            return false;
        }
        settle();
        return true;
    }

    /** Whether a job in that phase has come to its end, whichever that is. */
    public static boolean isEnd(JobPhase phase) {
        return ENDS.contains(phase);
    }

    /**
     * Ends the session with all its jobs, and removes what it has in HDFS, libraries apart.
     *
     * @return a sentence on what is left of it, if anything is
     * @throws ClientException if it is not known whether it has ended: the cluster does not answer; with
     *     {@code SESSION_FAILED} if YARN is still at ending it
     */
    public Optional<String> stop(String reason) {
        try {
            tryStop(reason);
        } catch (ClientException unanswered) {
            boolean isAtIt = unanswered.exitCode() == ExitCode.SESSION_FAILED;
            throw new ClientException(
                    unanswered.exitCode(),
                    (isAtIt
                                    ? "The session " + applicationId() + " has not ended yet: "
                                    : "It is not known whether the session " + applicationId() + " has ended: ")
                            + unanswered.getMessage() + " See: yarn application -status " + applicationId()
                            + "   Stop it once more: scripts/selvage shutdown " + applicationId(),
                    unanswered);
        }
        return settle();
    }

    private void tryStop(String reason) {
        try {
            connection.call(stub -> stub.stopSession(
                    StopSessionRequest.newBuilder().setReason(reason).build()));
        } catch (ClientException notThere) {
            if (notThere.exitCode() == ExitCode.NO_CLUSTER) {
                throw notThere; // YARN has been waited for, and would have to answer.
            }
            if (!hasEnded()) {
                yarn.kill(application, reason);
            }
        }
        while (!hasEndedWithin(STOP_PATIENCE)) {
            yarn.kill(application, reason);
        }
    }

    /** The time in which YARN is away does not count: whoever stops in order can't tell it of that either. */
    private boolean hasEndedWithin(Duration patience) {
        long leftNanos = patience.toNanos();
        long lookNanos = System.nanoTime();
        while (!hasEnded()) {
            if (leftNanos <= 0) {
                return false;
            }
            pause(END_POLL_MILLIS);
            long nowNanos = System.nanoTime();
            leftNanos -= Math.min(nowNanos - lookNanos, LONGEST_LOOK_NANOS);
            lookNanos = nowNanos;
        }
        return true;
    }

    /** Also of one that YARN does not know any more. */
    public boolean hasEnded() {
        try {
            return SessionState.of(report()).hasEnded();
        } catch (ClientException unknown) {
            if (unknown.exitCode() == ExitCode.NO_SESSION) {
                return true;
            }
            throw unknown;
        }
    }

    /** How YARN describes its end. */
    public String end() {
        return Diagnostics.ofEnd(report());
    }

    public SessionState state() {
        return SessionState.of(report());
    }

    /** The same without patience: asked once. */
    public SessionState lookAtState() {
        return SessionState.of(connection.report());
    }

    /**
     * After its end: deletes what nobody needs of it, here and in HDFS.
     *
     * @return a sentence on what is left, if anything is
     */
    public Optional<String> settle() {
        return client.settle(record);
    }

    @Override
    public void close() {
        connection.close();
    }

    private JobDescription only(String jobId, List<JobDescription> jobs) {
        if (jobs.isEmpty()) {
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "The session " + applicationId() + " has no job " + jobId
                            + ". See which it has with: scripts/selvage list");
        }
        return jobs.get(0);
    }

    private static ListJobsRequest jobRequest(String jobId) {
        return ListJobsRequest.newBuilder().setJobId(jobId).build();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }
}
