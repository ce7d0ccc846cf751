package io.selvage.master.job;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.master.checkpoint.CheckpointCoordinator;
import io.selvage.master.checkpoint.CheckpointHistory;
import io.selvage.master.checkpoint.CheckpointTimes;
import io.selvage.master.checkpoint.PendingCheckpoint;
import io.selvage.master.checkpoint.Savepoint;
import io.selvage.master.checkpoint.VertexFacts;
import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.RequestId;
import io.selvage.master.job.JobTopology.Region;
import io.selvage.master.resource.Fleet;
import io.selvage.protocol.config.CheckpointOnCancel;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.RestartPolicy;
import io.selvage.protocol.failure.EndWords;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.CarriedVertex;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CutKind;
import io.selvage.protocol.wire.ExecutorAddress;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.IncarnationFailed;
import io.selvage.protocol.wire.IncarnationStarted;
import io.selvage.protocol.wire.JobCancelRequested;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobEnded;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OutputDescription;
import io.selvage.protocol.wire.PartState;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.RescaleState;
import io.selvage.protocol.wire.RestartHistory;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.SubtaskPart;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TakeSavepointRequest;
import io.selvage.protocol.wire.VertexDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the {@link JobMaster}: one job's life. What must be durable is journaled first; then it is so in memory;
 * then tasks and clients are told.
 */
final class Job {
    static final long NEVER = Long.MAX_VALUE;
    /** What the journal has not taken for so long it has trouble with. */
    private static final long JOURNAL_TROUBLE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * A checkpoint that was given up.
     *
     * @param isRefused because a restore from it would be refused
     */
    private record GivenUp(CheckpointId checkpoint, String reason, boolean isRefused) {}

    private final JobId id;
    private final JobSubmitted submitted;
    private final JobMessages messages;
    private final long epoch;
    private final JobLimits limits;
    private final Outbox outbox;
    private final Fleet fleet;
    private final CheckpointCoordinator checkpoints;
    private final CheckpointHistory history = new CheckpointHistory();
    private final RestorePoints restorePoints;
    private final RestartCount restartCount;
    private final Stops stops = new Stops();
    private final Recoveries recoveries = new Recoveries();
    private final Followers followers = new Followers();
    private final Savepoints savepoints = new Savepoints();
    private final Rescaling rescaling = new Rescaling();
    private final JobConfig config;
    private final boolean isRestarted;

    private Phase phase;
    private @Nullable JobTopology topology;
    /** Where the graph lies that the newest incarnation has, or the next one is to have. */
    private String graphPath;

    /** Why the graph could not be read so far; null: it is, or nothing is known of any trouble. */
    private @Nullable String graphTrouble;
    /** The newest that the journal knows, or that is on its way there. */
    private long lastIncarnation;

    private boolean incarnationInFlight;
    private @Nullable Deployment deployment;
    /** While {@link Phase#ADOPTING}. */
    private @Nullable Adoption adoption;

    /** While a failed incarnation has regions that go on: until they are carried over, or given up as well. */
    private @Nullable Intact intact;

    private List<ExecutorId> lastSlots = List.of();
    /** The newest failure, while the journal does not know of it and no record with it is on its way. */
    private @Nullable IncarnationFailed undecided;
    /** The newest failure's record is on its way into the journal. */
    private boolean failureInFlight;
    /** An executor that others say is gone, while its stream's end is waited for. */
    private @Nullable ExecutorId awaited;

    private boolean cancelRequested;
    private final List<RequestId> cancelsToAnswer = new ArrayList<>();
    /** Set once the job's end is on its way into the journal. */
    private @Nullable JobEnded ending;

    /** Slots that were to be moved when the job last looked. */
    private int slotsAnnounced;

    private boolean isRoomToMove;
    private long resumeNanos = NEVER;
    private long waitingSinceNanos;
    private long deployDeadlineNanos = NEVER;
    /** The terminal checkpoint of the incarnation that runs is durable: its subtasks may end. */
    private boolean mayFinish;

    /** This master has stored a checkpoint, and with it the mark that its checkpoints outlive the job, if they do. */
    private boolean isMarked;

    /** There may be files since the last sweep that nobody needs. */
    private boolean isSweepDue;

    /** The job has ended, and its files would be deleted, if another job did not need some of them. */
    private boolean isDeletionPutOff;

    /** This master has seen to it that nothing is left of what the job has claimed. */
    private boolean isClaimedDeleted;

    /** Every subtask of some incarnation has run. */
    private boolean hasRun;

    private long adoptedMillis;
    private long firstCheckpointMillis;
    private @Nullable Failure lastFailure;
    /** The newest checkpoint that was given up, if none has been completed since; null: none was. */
    private @Nullable GivenUp lastGivenUp;
    /** While the job waits for slots: how the last executor ended that did not come up; null: none of several did. */
    private @Nullable String lastFailedStart;

    private boolean isAlarmed;
    /** Of the newest failure, if it was the loss of an executor, and YARN has not said yet why that is gone. */
    private @Nullable ExecutorId lostExecutor;
    /** The node that it was on; empty if that is not known. */
    private String lostNode = "";
    /** Why the job is not restarted, while YARN's reason for its last failure is awaited; null: it may be. */
    private @Nullable String refusal;

    /**
     * @param journaled what the journal says of the job; a new job has only been submitted
     * @param directory the job's own in HDFS
     */
    Job(
            JournaledJob journaled,
            JobConfig config,
            String directory,
            long epoch,
            JobLimits limits,
            Outbox outbox,
            Fleet fleet,
            RandomGenerator random) {
        this.submitted = journaled.getSubmitted();
        this.id = new JobId(submitted.getJobId());
        this.epoch = epoch;
        this.config = config;
        this.limits = limits;
        this.outbox = outbox;
        this.fleet = fleet;
        this.restorePoints = new RestorePoints(journaled, config.checkpointsRetained());
        this.messages = new JobMessages(submitted, directory);
        this.checkpoints = new CheckpointCoordinator(
                id,
                CheckpointTimes.of(config),
                restorePoints.id(),
                journaled.getCheckpoint().getCount());
        this.isRestarted = !(config.restartPolicy() instanceof RestartPolicy.None);
        this.hasRun = journaled.hasIncarnation();
        this.restartCount = new RestartCount(config.restartPolicy(), random);
        this.lastIncarnation = journaled.getIncarnation().getIncarnation();
        this.graphPath = journaled.getIncarnation().getGraphPath().isEmpty()
                ? submitted.getGraphPath()
                : journaled.getIncarnation().getGraphPath();
        this.cancelRequested = journaled.getCancelRequested();
        this.waitingSinceNanos = outbox.nowNanos();
        this.phase = phaseOf(journaled);
        if (journaled.hasFailed()) {
            IncarnationFailed failed = journaled.getFailed();
            this.lastFailure = failed.getFailure();
            restartCount.resumeRow(failed.getFailuresInARow(), nanosOf(failed.getTimeMillis()));
        }
        if (journaled.hasHistory()) {
            RestartHistory history = journaled.getHistory();
            restartCount.resume(
                    history.getFailures(),
                    history.getNewestMillisList().stream().map(this::nanosOf).toList());
        }
        if (phase == Phase.ADOPTING) {
            this.adoption = new Adoption(journaled.getIncarnation());
        }
        if (journaled.hasEnded()) {
            this.ending = journaled.getEnded();
            this.lastFailure = ending.hasFailure() ? ending.getFailure() : null;
        }
    }

    /** A time of an earlier master's, on this one's clock. */
    private long nanosOf(long wallClockMillis) {
        return outbox.nowNanos() - (outbox.nowMillis() - wallClockMillis) * 1_000_000;
    }

    private static Phase phaseOf(JournaledJob journaled) {
        if (!journaled.hasEnded()) {
            if (journaled.getCancelRequested()) {
                return Phase.CANCELING;
            }
            long newest = journaled.getIncarnation().getIncarnation();
            boolean hasFailed = journaled.getFailed().getIncarnation() == newest;
            return newest > 0 && !hasFailed ? Phase.ADOPTING : Phase.WAITING_FOR_RESOURCES;
        }
        return phaseOf(journaled.getEnded().getOutcome());
    }

    private static Phase phaseOf(JobOutcome outcome) {
        return switch (outcome) {
            case JOB_FINISHED -> Phase.FINISHED;
            case JOB_CANCELED -> Phase.CANCELED;
            case JOB_FAILED -> Phase.FAILED;
            case JOB_OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalStateException(
                        "The journal ends a job with an outcome that this version does not know.");
        };
    }

    // ---- submission and recovery ---------------------------------------------------------------------------------

    /** A job from the journal goes on: what a crash has left half done is done now. */
    void resume() {
        waitingSinceNanos = outbox.nowNanos();
        isSweepDue = true;
        if (!phase.isFinal()) {
            outbox.note(id + " goes on as " + phase + " from checkpoint " + restorePoints.id() + ", last incarnation "
                    + lastIncarnation + ".");
            loadGraph();
        }
    }

    void onGraph(JobTopology loaded) {
        topology = loaded;
        graphTrouble = null;
    }

    /** What is only away for now, as in an outage of HDFS, is waited for: what runs of the job goes on meanwhile. */
    void onGraphUnreadable(Failure failure) {
        if (topology != null || !isLive() || cancelRequested) {
            return;
        }
        if (failure.getKind() == FailureKind.TRANSIENT) {
            graphTrouble = failure.getMessage();
            loadGraph();
        } else {
            giveUpDeployment();
            end(JobOutcome.JOB_FAILED, failure);
        }
    }

    void loadGraph() {
        outbox.act(new MasterAction.LoadGraph(id, graphPath));
    }

    // ---- adoption ------------------------------------------------------------------------------------------------

    /** An executor that has just registered says what runs there; what should not is stopped. */
    void onSurvivor(ExecutorId executor, RunningIncarnation running) {
        checkpoints.skipTo(running.getHighestCheckpointSeen()); // Whatever becomes of it: no number is given twice.
        if (adoption != null && isLive()) {
            find(adoption, executor, running);
            return;
        }
        boolean wanted = deployment != null
                && deployment.incarnation().value() == running.getIncarnation()
                && !incarnationInFlight;
        if (!wanted) {
            lastSlots = lastSlots.contains(executor) ? lastSlots : append(lastSlots, executor);
            stops.plan(executor, Math.max(running.getIncarnation(), lastIncarnation));
            tellStops();
        }
    }

    private void find(Adoption open, ExecutorId executor, RunningIncarnation running) {
        if (running.getIncarnation() != lastIncarnation) {
            stops.plan(executor, running.getIncarnation());
            tellStops();
            return;
        }
        open.add(executor, running);
        fleet.hold(id, open.slots());
        Optional<SubtaskReport> failed = running.getSubtasksList().stream()
                .filter(subtask -> subtask.getState() == SubtaskState.SUBTASK_FAILED)
                .findFirst();
        if (failed.isPresent()) {
            onSubtaskFailed(failed.get().getFailure());
        } else if (running.getEnding()) {
            giveUpAdoption(executor + " was told to end it");
        }
    }

    /**
     * An executor that runs some of it, as the journal says, is not heard of yet. YARN may not know of it either: a
     * NodeManager that is late for a restarted ResourceManager has not reported its containers.
     */
    boolean isAwaitingSurvivors() {
        return adoption != null
                && isLive()
                && !cancelRequested
                && !adoption.missing(fleet::isKnown).isEmpty();
    }

    /** A container's process is gone for good, whether or not this master has ever known of it. */
    void onContainerGone(ExecutorId executor) {
        if (adoption != null) {
            adoption.remove(executor);
        }
    }

    private void tryAdopt() {
        Adoption open = adoption;
        if (open == null || topology == null || cancelRequested) {
            return;
        }
        Optional<Deployment> assembled = open.tryAssemble(topology);
        if (assembled.isPresent()) {
            adopt(open, assembled.get());
        } else if (!fleet.isRecovering()) {
            giveUpAdoption("not all of it is left: only " + open.executors() + " run some of it");
        }
    }

    /** Takes over what runs, as if this master had started it; nothing of it stops. */
    private void adopt(Adoption complete, Deployment assembled) {
        boolean isOwn = restorePoints.isOf(lastIncarnation);
        mayFinish = isOwn && restorePoints.isTerminal();
        if (!mayFinish && assembled.anyIs(SubtaskState.SUBTASK_FINISHED)) {
            giveUpAdoption("a subtask has ended, and the journal does not know of a last checkpoint");
            return;
        }
        adoption = null;
        deployment = assembled;
        lastSlots = assembled.slots();
        adoptedMillis = outbox.nowMillis();
        fleet.hold(id, lastSlots);
        deployDeadlineNanos = outbox.nowNanos() + limits.deployNanos();
        transition(Phase.DEPLOYING, "incarnation " + lastIncarnation + " goes on under this master on " + lastSlots);
        if (isOwn) {
            toDeployed(messages.complete(lastIncarnation, restorePoints.id(), mayFinish));
        }
        long pending = complete.highestCheckpoint();
        if (pending > restorePoints.id()) {
            toDeployed(messages.abort(lastIncarnation, pending));
        }
        onProgress(assembled);
        checkpoints.hasten(outbox.nowNanos());
        if (mayFinish && phase == Phase.FINISHING && assembled.allAtLeast(SubtaskState.SUBTASK_FINISHED)) {
            end(JobOutcome.JOB_FINISHED, null);
        }
    }

    /** That is the fault of nothing the job does: it counts as no failure of the job's. */
    private void giveUpAdoption(String reason) {
        String sentence = "incarnation " + lastIncarnation + " can't be taken over: " + reason;
        Failure failure = Failures.of(FailureKind.EXECUTOR_LOST, "After the master's end " + sentence + ".");
        lastFailure = failure;
        recoveries.begin(failure, 0, outbox.nowMillis());
        giveUpDeployment();
        undecided = failed(failure);
        waitingSinceNanos = outbox.nowNanos();
        transition(Phase.WAITING_FOR_RESOURCES, sentence);
    }

    // ---- resources and deployment --------------------------------------------------------------------------------

    /** Slots that the job would take now if there were enough, beside those that it still holds. */
    int slotsWanted() {
        boolean wanting = phase == Phase.WAITING_FOR_RESOURCES || phase == Phase.RESTARTING;
        boolean waiting = wanting && isLive() && deployment == null && !cancelRequested && refusal == null;
        if (!waiting || topology == null) {
            return 0;
        }
        long held = intact == null
                ? 0
                : intact.slots().stream().filter(fleet::isUsable).count();
        return (int) Math.max(0, topology.slotsNeeded() - held);
    }

    /** Slots on executors that YARN will take away: room for them is needed elsewhere. */
    int slotsToMove() {
        Deployment current = deployment;
        if (current == null || phase != Phase.RUNNING || !isLive() || cancelRequested) {
            return 0;
        }
        return (int) current.slots().stream().filter(fleet::isLeaving).count();
    }

    /** Acts on the time and on what has changed around the job. */
    void advance() {
        if (!isLive()) {
            return;
        }
        expireSavepoints();
        expireRescale();
        switch (phase) {
            case WAITING_FOR_RESOURCES -> tryDeploy();
            case ADOPTING -> {
                tryAdopt();
                if (phase == Phase.WAITING_FOR_RESOURCES) {
                    tryDeploy();
                }
            }
            case DEPLOYING -> checkDeployDeadline();
            case RUNNING, FINISHING -> {
                prepareMove();
                prepareRescale();
                advanceCheckpoints();
            }
            case RESTARTING -> {
                boolean isExplained = refusal != null && lostExecutor == null;
                if ((outbox.nowNanos() >= resumeNanos || isExplained) && !cancelRequested) {
                    tryRestart();
                }
            }
            case CANCELING -> tryEndCanceled();
            case FINISHED, CANCELED, FAILED -> throw new IllegalStateException(id + " is " + phase + " and live.");
        }
        tellStops();
        watch();
    }

    private void tryRestart() {
        if (refusal != null && lastFailure != null) {
            end(JobOutcome.JOB_FAILED, Failures.withRemark(lastFailure, refusal));
            return;
        }
        awaited = null;
        waitingSinceNanos = outbox.nowNanos();
        transition(Phase.WAITING_FOR_RESOURCES, "the restart delay is over");
        tryDeploy();
    }

    private void tryDeploy() {
        if (deployment != null || incarnationInFlight || cancelRequested) {
            return;
        }
        if (topology == null) {
            journalFailure();
            return;
        }
        // The record of a checkpoint on its way may yet move the restore point.
        if (checkpoints.isJournaling()) {
            return;
        }
        List<ExecutorId> standbys = fleet.standbys();
        fleet.release(id);
        Optional<List<ExecutorId>> slots = fleet.tryReserve(id, topology.slotsNeeded(), lastSlots);
        if (slots.isEmpty()) {
            withdrawDeployment();
            journalFailure();
            checkResourcesDeadline(topology);
            return;
        }
        startIncarnation(topology, slots.get(), slots.get().stream().anyMatch(standbys::contains));
    }

    private void startIncarnation(JobTopology graph, List<ExecutorId> slots, boolean byStandby) {
        lastIncarnation++;
        Map<Region, Incarnation> carried = intact == null ? Map.of() : intact.carriedTo(slots);
        Deployment planned = new Deployment(new Incarnation(lastIncarnation), slots, graph, carried);
        deployment = planned;
        lastSlots = slots;
        lastFailedStart = null;
        incarnationInFlight = true;
        IncarnationStarted.Builder started = IncarnationStarted.newBuilder()
                .setJobId(id.value())
                .setIncarnation(lastIncarnation)
                .setFromCheckpoint(restorePoints.id())
                .setTimeMillis(outbox.nowMillis())
                .addAllExecutors(
                        planned.executors().stream().map(ExecutorId::value).toList());
        if (!graphPath.equals(submitted.getGraphPath())) {
            started.setGraphPath(graphPath);
        }
        for (JobTopology.Vertex vertex : graph.vertices()) {
            if (planned.isCarried(vertex.region())) {
                started.addCarried(CarriedVertex.newBuilder()
                        .setVertex(vertex.id().value())
                        .setSince(planned.since(vertex.region()).value()));
            }
        }
        if (undecided != null) {
            started.setAfter(undecided);
            undecided = null;
        }
        outbox.appendThen(
                JournalRecord.newBuilder().setIncarnationStarted(started).build(),
                () -> onIncarnationDurable(planned, byStandby));
    }

    private void onIncarnationDurable(Deployment planned, boolean byStandby) {
        incarnationInFlight = false;
        if (deployment != planned) {
            // An executor has been lost meanwhile: the number is used up all the same.
            return;
        }
        if (cancelRequested) {
            withdrawDeployment();
            return;
        }
        transition(
                Phase.DEPLOYING,
                "incarnation " + planned.incarnation() + " from checkpoint " + restorePoints.id() + " on "
                        + planned.executors() + carriedSentence(planned));
        deployDeadlineNanos = outbox.nowNanos() + limits.deployNanos();
        mayFinish = false;
        giveUpIntact();
        MasterMessage.Builder deploy =
                messages.deploy(planned, graphPath, addresses(planned), restorePoints, checkpoints.lastId());
        for (ExecutorId executor : planned.executors()) {
            stops.forget(executor);
            fleet.send(executor, deploy);
        }
        recoveries.deployed(lastIncarnation, restorePoints.id(), byStandby, outbox.nowMillis());
        tellStops();
    }

    private static String carriedSentence(Deployment planned) {
        List<Region> carried =
                planned.topology().regions().stream().filter(planned::isCarried).toList();
        return carried.isEmpty() ? "" : "; what was not hit goes on: " + carried;
    }

    private List<ExecutorAddress> addresses(Deployment planned) {
        List<ExecutorAddress> addresses = new ArrayList<>();
        for (ExecutorId executor : planned.executors()) {
            var registered = fleet.registeredOrThrow(executor).registerOrThrow();
            addresses.add(ExecutorAddress.newBuilder()
                    .setExecutorId(executor.value())
                    .setHost(registered.getHost())
                    .setDataPort(registered.getDataPort())
                    .build());
        }
        return addresses;
    }

    private void checkResourcesDeadline(JobTopology graph) {
        if (fleet.isRecovering()) {
            waitingSinceNanos = outbox.nowNanos();
        } else if (!hasRun && outbox.nowNanos() >= waitingSinceNanos + limits.resourcesNanos()) {
            end(
                    JobOutcome.JOB_FAILED,
                    Failures.of(
                            FailureKind.TRANSIENT,
                            "The job needs " + graph.slotsNeeded() + " slots, and for "
                                    + limits.resourcesNanos() / 1_000_000_000 + " s only " + fleet.freeSlots()
                                    + " have been free: lower its parallelism, or give the queue more resources."));
        }
    }

    private void checkDeployDeadline() {
        if (outbox.nowNanos() >= deployDeadlineNanos) {
            failAll(Failures.of(
                    FailureKind.TRANSIENT,
                    "Not every subtask of incarnation " + lastIncarnation + " ran within "
                            + limits.deployNanos() / 1_000_000_000 + " s of its deployment; see the executors' logs."));
        }
    }

    /**
     * Containers end before an executor registers from them. A job that is new has little to lose; one that has run has
     * shown that executors can be started for it, and waits until they can be again.
     */
    void onNoExecutors(String reason) {
        if (slotsWanted() > 0 && hasRun) {
            lastFailedStart = reason;
        } else if (slotsWanted() > 0) {
            end(
                    JobOutcome.JOB_FAILED,
                    Failures.of(FailureKind.FATAL, "No executor could be started; the last one ended so: " + reason));
        }
    }

    // ---- subtasks ------------------------------------------------------------------------------------------------

    void onReport(ExecutorId executor, SubtaskReport report) {
        if (adoption != null && report.getIncarnation() == lastIncarnation && isLive()) {
            adoption.advance(executor, report);
            if (report.getState() == SubtaskState.SUBTASK_FAILED) {
                onSubtaskFailed(report.getFailure());
            }
            return;
        }
        if (report.getState() == SubtaskState.SUBTASK_FAILED && intact != null) {
            intact.onFailed(report);
            holdIntact();
        }
        Deployment current = deployment;
        if (current == null || current.incarnation().value() != report.getIncarnation() || !isLive()) {
            outbox.note("Stale: " + executor + " reports " + report.getState() + " of incarnation "
                    + report.getIncarnation() + " of " + id + ".");
            // Once stops are told, executors leave each other as they should.
            if (undecided != null && report.getIncarnation() == lastIncarnation) {
                Failures.lostExecutor(report.getFailure()).ifPresent(lost -> fleet.suspect(lost, outbox.nowNanos()));
            }
            return;
        }
        Optional<SubtaskId> subtask = current.find(report.getVertex(), report.getSubtask());
        if (subtask.isEmpty() || !current.tryAdvance(executor, subtask.get(), report.getState())) {
            return;
        }
        switch (report.getState()) {
            case SUBTASK_RUNNING -> onProgress(current);
            case SUBTASK_DRAINED -> onProgress(current);
            case SUBTASK_FINISHED -> onFinished(current, executor);
            case SUBTASK_FAILED -> onSubtaskFailed(report.getFailure(), current.regionOf(subtask.get()));
            case SUBTASK_STATE_UNSPECIFIED, UNRECOGNIZED ->
                outbox.note(executor + " reports a state that this version does not know.");
        }
    }

    private void onProgress(Deployment current) {
        if (phase == Phase.DEPLOYING && current.allAtLeast(SubtaskState.SUBTASK_RUNNING)) {
            deployDeadlineNanos = NEVER;
            transition(Phase.RUNNING, "every subtask runs");
            recoveries.running(lastIncarnation, outbox.nowMillis());
            hasRun = true;
            if (!cancelRequested && !mayFinish) {
                if (restorePoints.isStopped()) {
                    // Sinks have committed what they have restored: nothing is left to do.
                    mayFinish = true;
                    toDeployed(messages.complete(lastIncarnation, restorePoints.id(), true));
                } else {
                    checkpoints.open(current.incarnation(), current.executors(), outbox.nowNanos());
                }
            }
            if (mayFinish && restorePoints.isStopped()) {
                transition(Phase.FINISHING, "it was stopped with a savepoint");
            }
        }
        if (phase == Phase.RUNNING && current.allAtLeast(SubtaskState.SUBTASK_DRAINED)) {
            transition(Phase.FINISHING, "all input has ended");
        }
    }

    private void onFinished(Deployment current, ExecutorId executor) {
        if (phase != Phase.FINISHING || !mayFinish) {
            failAll(Failures.of(
                    FailureKind.FATAL,
                    "A subtask on " + executor + " reports its end before the job's last checkpoint is complete."));
        } else if (current.allAtLeast(SubtaskState.SUBTASK_FINISHED)) {
            end(JobOutcome.JOB_FINISHED, null);
        }
    }

    void onCounters(SubtaskCounters counters) {
        Deployment current = deploymentOf(counters.getIncarnation());
        if (current != null) {
            current.count(counters, outbox.nowNanos());
        }
    }

    /** Null: that incarnation is not what runs. */
    @Nullable
    Deployment deploymentOf(long incarnation) {
        Deployment current = deployment;
        return current != null && current.incarnation().value() == incarnation ? current : null;
    }

    // ---- checkpoints ---------------------------------------------------------------------------------------------

    private void advanceCheckpoints() {
        checkpoints.tryExpire(outbox.nowNanos()).ifPresent(pending -> giveUp(pending, "it was not stored in time"));
        if (!isLive() || deployment == null || cancelRequested) {
            return;
        }
        boolean isFinishing = phase == Phase.FINISHING;
        if (isFinishing) {
            savepoints.failWaiting(id + " is finishing: all of its input has been read.");
        }
        savepoints
                .next()
                .flatMap(wanted -> checkpoints.tryTrigger(wanted, outbox.nowNanos(), outbox.nowMillis()))
                .or(() -> checkpoints.tryTrigger(isFinishing, outbox.nowNanos(), outbox.nowMillis()))
                .ifPresent(this::trigger);
    }

    private void trigger(PendingCheckpoint pending) {
        pending.savepoint().ifPresent(savepoint -> {
            savepoints.start(savepoint);
            outbox.note(savepoint + " of " + id + " is taken as " + pending.key() + " into " + savepoint.directory()
                    + (savepoint.stops() ? ", to stop the job." : "."));
        });
        if (pending.savepoint().isEmpty() && rescaling.isCheckpointWanted()) {
            extendRescale();
        }
        toDeployed(messages.trigger(pending));
    }

    void onAcknowledged(ExecutorId executor, CheckpointAcknowledged acknowledged) {
        switch (checkpoints.acknowledge(
                executor,
                acknowledged.getIncarnation(),
                acknowledged.getCheckpoint(),
                acknowledged.getSubtasksList(),
                outbox.nowNanos())) {
            case STALE ->
                outbox.note("Stale: " + executor + " acknowledges checkpoint "
                        + acknowledged.getCheckpoint() + " of incarnation " + acknowledged.getIncarnation() + " of "
                        + id
                        + ".");
            case COUNTED -> {}
            case COLLECTED -> checkpoints.pending().ifPresent(this::store);
        }
    }

    private void store(PendingCheckpoint collected) {
        CheckpointKey key = collected.key();
        Optional<String> gaps = Optional.ofNullable(deployment).flatMap(current -> current.gapsIn(collected.parts()));
        if (gaps.isPresent()) {
            refuse(key, gaps.get());
            return;
        }
        Optional<Savepoint> savepoint = collected.savepoint();
        Set<CheckpointId> missing = new TreeSet<>(collected.references());
        if (savepoint.isEmpty()) {
            missing.removeIf(restorePoints::isThere);
        }
        if (missing.isEmpty()) {
            outbox.act(
                    savepoint.isPresent()
                            ? new MasterAction.WriteSavepoint(
                                    key, savepoint.get().directory(), metadata(collected))
                            : new MasterAction.WriteMetadata(
                                    key, metadata(collected), retainsIfCanceled() && !isMarked));
        } else if (savepoint.isPresent()) {
            checkpoints
                    .metadataFailed(key, outbox.nowNanos())
                    .ifPresent(pending -> giveUp(pending, "it does not stand alone, but builds on " + missing));
        } else {
            checkpoints
                    .metadataFailed(key, outbox.nowNanos())
                    .ifPresent(pending ->
                            giveUp(pending, "it builds on checkpoints " + missing + ", which are kept no longer"));
        }
    }

    private CheckpointMetadata metadata(PendingCheckpoint collected) {
        CheckpointKey key = collected.key();
        return CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId(id.value())
                .setCheckpoint(key.checkpoint().value())
                .setIncarnation(key.incarnation().value())
                .setEpoch(epoch)
                .setTriggerTimeMillis(collected.triggerTimeMillis())
                .setMaxParallelism(topology == null ? 0 : topology.maxParallelism())
                .setTerminal(collected.terminal())
                .setSavepoint(collected.savepoint().isPresent())
                .addAllSubtasks(collected.snapshots())
                .build();
    }

    void onMetadataWritten(CheckpointKey key, String path) {
        Optional<PendingCheckpoint> savepoint = isLive() ? checkpoints.tryFinishSavepoint(key) : Optional.empty();
        if (savepoint.isPresent()) {
            onSavepointStored(savepoint.get(), path);
            return;
        }
        Optional<PendingCheckpoint> stored =
                isLive() ? checkpoints.tryJournal(key, outbox.nowNanos()) : Optional.empty();
        if (stored.isEmpty()) {
            outbox.note("Stale: the metadata of " + key + " is written, and nobody waits for it.");
            savepoints.givenUpIn(path).ifPresent(this::delete);
            return;
        }
        CheckpointCompleted completed = CheckpointCompleted.newBuilder()
                .setJobId(id.value())
                .setCheckpoint(key.checkpoint().value())
                .setIncarnation(key.incarnation().value())
                .setMetadataPath(path)
                .setTerminal(stored.get().isLast())
                .setStoppedBy(
                        stored.get().savepoint().map(each -> each.id().value()).orElse(""))
                .setTimeMillis(outbox.nowMillis())
                .setBytes(stored.get().bytes())
                .addAllReferences(stored.get().references().stream()
                        .map(CheckpointId::value)
                        .toList())
                .setCount(checkpoints.completedCount() + 1)
                .build();
        outbox.appendThen(
                JournalRecord.newBuilder().setCheckpointCompleted(completed).build(),
                () -> onCheckpointDurable(key, completed));
    }

    private void onCheckpointDurable(CheckpointKey key, CheckpointCompleted completed) {
        PendingCheckpoint done = checkpoints.complete(key, outbox.nowNanos());
        isMarked |= done.savepoint().isEmpty();
        lastGivenUp = null;
        history.complete(done, vertexFacts(), outbox.nowNanos());
        // A savepoint's metadata name files by what lies beside them.
        restorePoints.add(
                completed,
                done,
                done.savepoint().isPresent() ? ByteString.EMPTY : metadata(done).toByteString());
        firstCheckpointMillis = firstCheckpointMillis == 0 ? outbox.nowMillis() : firstCheckpointMillis;
        outbox.note(key + (done.isLast() ? ", its last one," : "") + " is complete: " + done.bytes() + " bytes in "
                + checkpoints.lastDurationNanos() / 1_000_000 + " ms.");
        done.savepoint()
                .ifPresent(savepoint -> savepoints.complete(savepoint, directoryOf(completed.getMetadataPath())));
        if (deployment != null && deployment.incarnation().equals(key.incarnation())) {
            restartCount.onProgress();
            if (done.isLast()) {
                checkpoints.close();
                mayFinish = true;
            }
            toDeployed(messages.complete(lastIncarnation, key.checkpoint().value(), done.isLast()));
            if (done.isLast() && phase == Phase.RUNNING) {
                transition(Phase.FINISHING, "the savepoint that stops it is complete");
            }
            tryMove();
            tryRescale();
        }
        isSweepDue = true;
    }

    /**
     * Answers above which number it will be: as soon as nothing is pending, whatever the interval and the pause are.
     */
    void requestCheckpoint(RequestId request) {
        String refusal = cutRefusal();
        if (refusal.isEmpty() && phase != Phase.RUNNING) {
            refusal = id + " is " + phase + ": a checkpoint can be taken once all of it runs.";
        }
        RequestCheckpointResponse.Builder answer =
                RequestCheckpointResponse.newBuilder().setRefusal(refusal).setAfter(checkpoints.lastId());
        if (refusal.isEmpty()) {
            checkpoints.want();
        }
        outbox.act(new MasterAction.Reply(request, answer.build()));
    }

    // ---- savepoints ----------------------------------------------------------------------------------------------

    /** Answers how it stands; an id that is new is a new savepoint. */
    void takeSavepoint(RequestId request, SavepointId wanted, TakeSavepointRequest how) {
        SavepointDescription known = describeSavepoint(wanted);
        String refusal = known.getState() == SavepointState.SAVEPOINT_UNKNOWN ? savepointRefusal() : "";
        if (!refusal.isEmpty()) {
            known = SavepointDescription.newBuilder()
                    .setState(SavepointState.SAVEPOINT_REFUSED)
                    .setReason(refusal)
                    .build();
        } else if (known.getState() == SavepointState.SAVEPOINT_UNKNOWN) {
            String parent = how.getDirectory().isEmpty() ? config.savepointDirectory() : how.getDirectory();
            CutKind kind = !how.getStop()
                    ? CutKind.CUT_FOR_SAVEPOINT
                    : how.getDrain() ? CutKind.CUT_FOR_DRAIN : CutKind.CUT_FOR_STOP;
            savepoints.ask(
                    new Savepoint(wanted, SavepointLayout.of(parent, id, wanted).directory(), kind),
                    outbox.nowNanos() + config.checkpointTimeout().toNanos());
            known = savepoints.describe(wanted);
        }
        outbox.act(new MasterAction.Reply(request, known));
    }

    /** Of those of an earlier master, only the one that has stopped the job is known. */
    SavepointDescription describeSavepoint(SavepointId wanted) {
        return restorePoints
                .stoppedBy(wanted)
                .map(directory -> SavepointDescription.newBuilder()
                        .setState(SavepointState.SAVEPOINT_COMPLETED)
                        .setPath(directory)
                        .build())
                .orElseGet(() -> savepoints.describe(wanted));
    }

    /** Why none can be taken; empty if one can, now or once the job runs. */
    private String savepointRefusal() {
        String refusal = cutRefusal();
        return refusal.isEmpty() && savepoints.isFull()
                ? Savepoints.MOST_WAITING + " savepoints of " + id + " wait already."
                : refusal;
    }

    /** Why the job will take no more checkpoint or savepoint that is asked for; empty if it will. */
    private String cutRefusal() {
        if (ending != null) {
            return id + " has ended already, as " + phaseOf(ending.getOutcome()) + ".";
        }
        if (cancelRequested) {
            return id + " is being canceled.";
        }
        if (isTerminalDecided() || phase == Phase.FINISHING) {
            return id + " is finishing: all of its input has been read, or it was stopped.";
        }
        return "";
    }

    /**
     * It is no part of the job's history. For tasks its number is as one that was aborted, so that what sinks have
     * prepared is committed with the next checkpoint; that comes at once, as until then the job may go back before it.
     */
    private void onSavepointStored(PendingCheckpoint stored, String path) {
        CheckpointKey key = stored.key();
        history.complete(stored, vertexFacts(), outbox.nowNanos());
        stored.savepoint().ifPresent(savepoint -> {
            savepoints.complete(savepoint, directoryOf(path));
            outbox.note(savepoint + " of " + id + " is complete: " + stored.bytes() + " bytes in " + directoryOf(path)
                    + ".");
        });
        toDeployed(messages.abort(lastIncarnation, key.checkpoint().value()));
        checkpoints.hasten(outbox.nowNanos());
    }

    private static String directoryOf(String metadataPath) {
        return SavepointLayout.ofMetadata(metadataPath).directory();
    }

    /** It was given up: what there is of it may be taken for one otherwise. */
    private void delete(Savepoint failed) {
        outbox.actOnceLeading(new MasterAction.DeleteSavepoint(failed.directory()));
    }

    /** No more checkpoints; what was under way fails. */
    private void closeCheckpoints(String reason) {
        rescaling.forgetCheckpoint();
        checkpoints.close().ifPresent(pending -> settleFailed(pending, reason));
    }

    private void settleFailed(PendingCheckpoint pending, String reason) {
        history.fail(pending, reason, vertexFacts(), missingParts(pending), outbox.nowNanos());
        pending.savepoint().ifPresent(savepoint -> {
            savepoints.fail(savepoint, reason);
            delete(savepoint);
        });
    }

    private List<VertexFacts> vertexFacts() {
        return topology == null
                ? List.of()
                : topology.vertices().stream()
                        .map(vertex -> new VertexFacts(vertex.id().value(), vertex.name(), vertex.source()))
                        .toList();
    }

    /** What heartbeats have told of the subtasks on executors that have not acknowledged it. */
    private List<SubtaskPart> missingParts(PendingCheckpoint pending) {
        Deployment current = deployment;
        if (current == null) {
            return List.of();
        }
        return current.subtasks().stream()
                .filter(subtask -> pending.awaited().contains(current.executorOf(subtask)))
                .map(subtask -> SubtaskPart.newBuilder()
                        .setVertex(subtask.vertex().value())
                        .setSubtask(subtask.index())
                        .setExecutorId(current.executorOf(subtask).value())
                        .setState(reached(
                                current.countersOf(subtask),
                                pending.key().checkpoint().value()))
                        .build())
                .toList();
    }

    private static PartState reached(@Nullable SubtaskCounters counters, long checkpoint) {
        if (counters == null) {
            return PartState.PART_UNKNOWN;
        }
        if (counters.getNewestCut() >= checkpoint) {
            return PartState.PART_STORES;
        }
        return counters.getAligning() == checkpoint ? PartState.PART_ALIGNS : PartState.PART_AWAITS_BARRIER;
    }

    private String failureInWords() {
        return lastFailure == null
                ? "The job was started anew meanwhile."
                : "The job has failed meanwhile, and goes back to its last checkpoint: " + lastFailure.getMessage();
    }

    private void expireSavepoints() {
        savepoints.expire(
                outbox.nowNanos(),
                "It could not be begun for " + config.checkpointTimeout().toSeconds() + " s: the job is " + phase
                        + ".");
    }

    void onDeclined(ExecutorId executor, CheckpointDeclined declined) {
        checkpoints
                .decline(executor, declined.getIncarnation(), declined.getCheckpoint(), outbox.nowNanos())
                .ifPresent(pending -> giveUp(
                        pending,
                        executor + " declined it: "
                                + FailureWords.firstLine(declined.getFailure().getMessage())));
    }

    void onMetadataWriteFailed(CheckpointKey key, String reason) {
        checkpoints
                .metadataFailed(key, outbox.nowNanos())
                .ifPresent(pending -> giveUp(pending, "its metadata could not be written: " + reason));
    }

    /**
     * It could not be restored from: it is given up before anything older gives way to it.
     *
     * @param gaps what it lacks, as sentences
     */
    void refuse(CheckpointKey key, String gaps) {
        checkpoints
                .metadataFailed(key, outbox.nowNanos())
                .ifPresent(pending -> giveUp(pending, "the job could not be restored from it. " + gaps, true));
    }

    private void giveUp(PendingCheckpoint pending, String reason) {
        giveUp(pending, reason, false);
    }

    /** No reason to stop the job unless its settings say so: an outage of HDFS ends, and the next one covers all. */
    private void giveUp(PendingCheckpoint pending, String reason, boolean isRefused) {
        CheckpointKey key = pending.key();
        outbox.note(key + " is given up: " + reason);
        toDeployed(messages.abort(lastIncarnation, key.checkpoint().value()));
        settleFailed(pending, reason);
        if (pending.savepoint().isEmpty()) {
            lastGivenUp = new GivenUp(key.checkpoint(), reason, isRefused);
            if (rescaling.isGivenUpTooOften()) {
                failRescale("Checkpoints for it were given up " + Rescaling.MOST_GIVEN_UP + " times, the last one as "
                        + reason + ".");
            }
            failIfTooMany(key, reason);
        }
    }

    private void failIfTooMany(CheckpointKey newest, String reason) {
        int failed = checkpoints.failedInARow();
        if (failed > config.checkpointFailuresTolerated()) {
            failAll(Failures.of(
                    FailureKind.TRANSIENT,
                    failed + (failed == 1 ? " checkpoint has" : " checkpoints in a row have")
                            + " failed, and selvage.checkpoint.tolerated-failures is "
                            + config.checkpointFailuresTolerated() + "; the newest, checkpoint " + newest.checkpoint()
                            + ": " + FailureWords.sentence(reason)));
        }
    }

    private String checkpointAlarm() {
        long overdueNanos = checkpoints.overdueNanos(outbox.nowNanos());
        if (overdueNanos == 0) {
            return "";
        }
        String missing = "No checkpoint has been completed for " + overdueNanos / 1_000_000_000 + " s: ";
        String goesOn = " The job goes on; a failure now would replay all of that time.";
        if (outbox.journalWaitNanos() >= JOURNAL_TROUBLE_NANOS) {
            return missing + "a record waits for the journal. " + outbox.journalTrouble() + goesOn;
        }
        String reason = lastGivenUp == null ? "the one under way is not stored yet" : lastGivenUp.reason();
        return missing + FailureWords.sentence(reason) + goesOn + " See whether HDFS answers.";
    }

    /**
     * Deletes what is no longer needed, and what crashes and late uploads have left, but not what other jobs need: a
     * checkpoint of this one, and those before it, on which it may build.
     *
     * @param origins what jobs that have no checkpoint of their own have started from, or are being started from
     */
    void sweep(Supplier<Stream<RestoredFrom>> origins) {
        deleteClaimed(origins);
        if (!isSweepDue) {
            return;
        }
        long needed = origins.get()
                .filter(origin -> RestorePoints.isOf(id, origin))
                .mapToLong(RestoredFrom::getCheckpoint)
                .max()
                .orElse(0);
        if (phase.isFinal()) {
            settleFiles(needed > 0);
            return;
        }
        isSweepDue = false;
        restorePoints
                .newest()
                .ifPresent(newest -> outbox.act(new MasterAction.SweepCheckpoints(
                        id, restorePoints.kept(), needed, new CheckpointId(newest.getCheckpoint()))));
    }

    /** With a checkpoint of its own, which stands alone, the job needs no more what it has started from; others may. */
    private void deleteClaimed(Supplier<Stream<RestoredFrom>> origins) {
        if (!isClaimedDeleted) {
            restorePoints
                    .claimed()
                    .filter(claimed -> origins.get()
                            .noneMatch(origin -> RestorePoints.isIn(claimed.getClaimedDirectory(), origin)))
                    .ifPresent(claimed -> {
                        isClaimedDeleted = true;
                        outbox.actOnceLeading(new MasterAction.DeleteClaimed(claimed));
                    });
        }
    }

    /** What the job has started from, if it may be restored and has nothing else to be restored from. */
    Optional<RestoredFrom> needed() {
        return hasEnded() ? Optional.empty() : restorePoints.onlyOrigin();
    }

    // ---- alarms --------------------------------------------------------------------------------------------------

    /** The log hears of the alarm's beginning and end; {@link #describe} shows it in between. */
    private void watch() {
        String alarm = alarm();
        if (isLive() && alarm.isEmpty() == isAlarmed) {
            isAlarmed = !alarm.isEmpty();
            outbox.note(isAlarmed ? "ALARM: " + id + ": " + alarm : id + ": what the alarm was about is over.");
        }
    }

    /** What keeps the job from doing its work, and will until somebody does something; empty: nothing. */
    private String alarm() {
        if (!isLive() || cancelRequested) {
            return "";
        }
        if (graphTrouble != null) {
            return graphTrouble
                    + " What still runs of the job goes on, but without checkpoints, and can't come back from "
                    + "a failure. The graph is read again until that succeeds.";
        }
        if (isShortOfSlots()) {
            return slotsAlarm();
        }
        if (lastGivenUp != null && lastGivenUp.isRefused()) {
            return refusalAlarm(lastGivenUp);
        }
        String ofCheckpoints = checkpointAlarm();
        return ofCheckpoints.isEmpty() ? journalAlarm() : ofCheckpoints;
    }

    /** At once, as no outage is the reason: what executors say they have stored does not add up. */
    private String refusalAlarm(GivenUp refused) {
        return "Checkpoint " + refused.checkpoint() + " was not completed: "
                + FailureWords.sentence(refused.reason())
                + " The job goes on, and older checkpoints are kept; a failure now"
                + " would replay all since "
                + (restorePoints.id() == 0 ? "its start" : "checkpoint " + restorePoints.id())
                + ". This is a defect of Selvage: keep the logs of the executors, and report it.";
    }

    private String journalAlarm() {
        long waitedNanos = outbox.journalWaitNanos();
        return waitedNanos < limits.journalAlarmNanos()
                ? ""
                : "Nothing could be written to the journal for " + waitedNanos / 1_000_000_000
                        + " s, and checkpoints, restarts and ends of jobs wait for that. " + outbox.journalTrouble();
    }

    private boolean isShortOfSlots() {
        boolean isLong = outbox.nowNanos() - waitingSinceNanos >= limits.slotsAlarmNanos();
        return hasRun
                && phase == Phase.WAITING_FOR_RESOURCES
                && slotsWanted() > 0
                && (isLong || lastFailedStart != null);
    }

    private String slotsAlarm() {
        return "The job has waited for " + (outbox.nowNanos() - waitingSinceNanos) / 1_000_000_000 + " s, as only "
                + fleet.freeSlots() + " of " + slotsWanted() + " slots are free. It goes on from checkpoint "
                + restorePoints.id() + " once there are enough. "
                + (lastFailedStart == null
                        ? "See what YARN has left for the queue."
                        : "Executors do not start; the last one ended so: " + lastFailedStart);
    }

    // ---- moving away ---------------------------------------------------------------------------------------------

    /** Takes a checkpoint at once when executors are about to be taken away, and again when there is room elsewhere. */
    private void prepareMove() {
        int toMove = slotsToMove();
        if (toMove == 0) {
            slotsAnnounced = 0;
            isRoomToMove = false;
            return;
        }
        boolean isRoom = !fleet.isRecovering() && fleet.freeSlots() >= toMove;
        if (toMove != slotsAnnounced || (isRoom && !isRoomToMove)) {
            outbox.note(id + " is to move out of " + toMove + " slots, and takes a checkpoint for it"
                    + (isRoom ? "." : "; there is no room elsewhere yet."));
            checkpoints.hasten(outbox.nowNanos());
        }
        slotsAnnounced = toMove;
        isRoomToMove = isRoom;
    }

    /** A checkpoint has just been completed, so that next to nothing is lost by starting anew elsewhere. */
    private void tryMove() {
        int toMove = slotsToMove();
        if (toMove == 0 || fleet.isRecovering() || fleet.freeSlots() < toMove) {
            return;
        }
        giveUpBut(intactBut(region ->
                deployment != null && deployment.slotsOf(region).stream().anyMatch(fleet::isLeaving)));
        deployAnew(
                "it moves out of " + toMove + " slots that YARN will take away",
                "There is no room for what has to be moved.");
    }

    /** What ran has been given up for it, and there was room. */
    private void deployAnew(String reason, String noRoom) {
        waitingSinceNanos = outbox.nowNanos();
        transition(Phase.WAITING_FOR_RESOURCES, reason);
        tryDeploy();
        if (deployment == null) {
            undecided = failed(Failures.of(FailureKind.EXECUTOR_LOST, noRoom));
        }
    }

    // ---- another parallelism -------------------------------------------------------------------------------------

    /** Answers how it stands; an id that is new, of a job all of which runs, is begun. */
    void rescale(RequestId request, RescaleJobRequest how) {
        outbox.act(new MasterAction.Reply(request, rescaled(how)));
    }

    private RescaleJobResponse rescaled(RescaleJobRequest how) {
        RescaleJobResponse end = rescaling.endOf(how.getRescaleId());
        if (end != null && (end.getState() == RescaleState.RESCALE_FAILED || phase == Phase.RUNNING)) {
            return end;
        }
        Rescaling.Wanted before = end == null ? rescaling.wanted() : null;
        if (before != null) {
            return before.id().equals(how.getRescaleId())
                    ? Rescaling.answer(RescaleState.RESCALE_WAITING, rescaleAwaits(before))
                    : Rescaling.answer(
                            RescaleState.RESCALE_REFUSED,
                            id + " is being rescaled already, to "
                                    + before.target().parallelismInWords() + ".");
        }
        String refusal = cutRefusal();
        if (!refusal.isEmpty()) {
            return Rescaling.answer(RescaleState.RESCALE_REFUSED, refusal);
        }
        JobTopology now = topology;
        if (now == null || phase != Phase.RUNNING) {
            return Rescaling.answer(
                    RescaleState.RESCALE_WAITING, id + " is " + phase + ": all of it has to run first.");
        }
        Map<VertexId, Integer> wanted = now.parallelismFor(how.getParallelism(), how.getOfUidMap());
        Optional<String> impossible = now.refusalOf(wanted, how.getOfUidMap());
        if (impossible.isPresent()) {
            return Rescaling.answer(RescaleState.RESCALE_REFUSED, impossible.get());
        }
        JobTopology target = now.with(wanted);
        if (target.equals(now)) {
            return Rescaling.answer(RescaleState.RESCALE_DONE, "");
        }
        Rescaling.Wanted begun = new Rescaling.Wanted(
                how.getRescaleId(),
                target,
                rescaling.nextGraphPath(messages.directory(), epoch),
                outbox.nowNanos() + limits.rescaleNanos());
        rescaling.begin(begun);
        outbox.note(id + " is to have another parallelism: " + target.parallelismInWords() + ".");
        outbox.act(new MasterAction.ChangeGraph(id, graphPath, begun.graphPath(), wanted));
        return Rescaling.answer(RescaleState.RESCALE_WAITING, rescaleAwaits(begun));
    }

    void onGraphChanged(String path) {
        rescaling.onWritten(path);
    }

    void onGraphNotChanged(String path, String reason) {
        Rescaling.Wanted wanted = rescaling.wanted();
        if (wanted != null && wanted.graphPath().equals(path)) {
            failRescale(reason);
        }
    }

    /** Slots that it takes beyond those that it has; asked for while the job goes on as it is. */
    int slotsToAdd() {
        Deployment current = deployment;
        Rescaling.Wanted wanted = rescaling.wanted();
        if (wanted == null || current == null || phase != Phase.RUNNING || !isLive() || cancelRequested) {
            return 0;
        }
        long usable = current.slots().stream().filter(fleet::isUsable).count();
        return (int) Math.max(0, wanted.target().slotsNeeded() - usable);
    }

    private String rescaleAwaits(Rescaling.Wanted wanted) {
        if (phase != Phase.RUNNING) {
            return id + " is " + phase + ": all of it has to run first.";
        }
        int missing = slotsToAdd() - fleet.freeSlots();
        return missing > 0
                ? missing + " of the " + wanted.target().slotsNeeded() + " slots that it takes are missing."
                : "It is begun with the next checkpoint.";
    }

    private void expireRescale() {
        Rescaling.Wanted wanted = rescaling.wanted();
        if (wanted == null) {
            return;
        }
        String refusal = cutRefusal();
        if (!refusal.isEmpty()) {
            failRescale(refusal);
        } else if (outbox.nowNanos() >= wanted.deadlineNanos()) {
            failRescale(
                    rescaling.isCheckpointWanted()
                            ? "Its checkpoint was not complete in time."
                            : "It could not be begun for " + limits.rescaleNanos() / 1_000_000_000 + " s: "
                                    + rescaleAwaits(wanted));
        }
    }

    private void failRescale(String reason) {
        if (rescaling.wanted() != null) {
            outbox.note(id + " keeps its parallelism: " + reason);
            rescaling.fail(reason);
        }
    }

    private boolean isRoomToRescale() {
        return !fleet.isRecovering() && fleet.freeSlots() >= slotsToAdd();
    }

    /** Takes a checkpoint at once when there is room, and again when there is room again. */
    private void prepareRescale() {
        if (!isRoomToRescale()) {
            if (rescaling.isCheckpointWanted()) {
                rescaling.forgetCheckpoint();
                rescaling.extend(outbox.nowNanos() + limits.rescaleNanos());
            }
        } else if (rescaling.tryWantCheckpoint()) {
            checkpoints.want();
            extendRescale();
        }
    }

    /** Slots may be missing for so long, but a checkpoint takes its own time. */
    private void extendRescale() {
        rescaling.extend(outbox.nowNanos() + config.checkpointTimeout().toNanos() + limits.rescaleNanos());
    }

    /**
     * A checkpoint has just been completed: the next incarnation starts from it with the other graph, which is in that
     * incarnation's record. Until that is durable, nothing stops, and a new master knows only what runs.
     */
    private void tryRescale() {
        Rescaling.Wanted wanted = rescaling.wanted();
        boolean mayBegin = wanted != null && rescaling.isWritten() && phase == Phase.RUNNING && deployment != null;
        if (wanted == null || !mayBegin || cancelRequested || !isRoomToRescale()) {
            rescaling.forgetCheckpoint();
            return;
        }
        rescaling.succeed();
        giveUpDeployment();
        topology = wanted.target();
        graphPath = wanted.graphPath();
        deployAnew(
                "it gets another parallelism: " + wanted.target().parallelismInWords(),
                "There is no room for another parallelism.");
    }

    // ---- standbys ------------------------------------------------------------------------------------------------

    /** Executors are to be kept ready for it. */
    boolean wantsStandby() {
        return isLive() && isRestarted && hasRun && !cancelRequested && !mayFinish && refusal == null;
    }

    /** Tells standbys what there is to follow; at every turn, as there may be new ones. */
    void lead(List<ExecutorId> standbys) {
        Deployment current = deployment;
        if (current == null || incarnationInFlight || !wantsStandby()) {
            return;
        }
        for (ExecutorId former : followers.takeAllBut(standbys)) {
            fleet.forgets(former, id);
            if (!current.slots().contains(former)) {
                unfollow(former);
            }
        }
        for (ExecutorId standby : followers.takeBehind(standbys, restorePoints.id())) {
            fleet.send(standby, messages.follow(graphPath, restorePoints));
        }
    }

    private void unfollow(ExecutorId standby) {
        fleet.forgets(standby, id);
        fleet.send(standby, messages.unfollow());
    }

    // ---- failure -------------------------------------------------------------------------------------------------

    /** Answers whether the job fails for it, and starts anew if its policy says so. */
    boolean onExecutorLost(ExecutorId executor, String reason) {
        stops.forget(executor);
        followers.forget(executor);
        if (executor.equals(awaited)) {
            awaited = null;
            resumeNanos = outbox.nowNanos();
        }
        if (adoption != null) {
            // It may yet register again, as long as executors of the attempt before are awaited.
            adoption.remove(executor);
            fleet.hold(id, adoption.slots());
            return false;
        }
        if (intact != null) {
            intact.onLost(executor);
            holdIntact();
        }
        Deployment current = deployment;
        if (current == null || !current.slots().contains(executor) || !isLive()) {
            return false;
        }
        if (phase == Phase.WAITING_FOR_RESOURCES) {
            // Its incarnation is not durable yet: nothing has been deployed, so nothing has failed.
            withdrawDeployment();
        } else if (phase != Phase.CANCELING) {
            fail(
                    Failures.lost(executor, reason),
                    region -> current.slotsOf(region).contains(executor));
            return true;
        }
        return false;
    }

    /** YARN has said why an executor was lost earlier. */
    void onLossExplained(ExecutorId executor, String reason) {
        if (executor.equals(lostExecutor)) {
            explain(reason);
        }
    }

    /** YARN gives up a node, minutes after the executors there have gone perhaps. */
    void onNodeLost(String node, String reason) {
        if (lostExecutor != null && node.equals(lostNode)) {
            explain("Executor " + lostExecutor + " is gone with its node. " + reason);
        }
    }

    private void explain(String reason) {
        lostExecutor = null;
        lostNode = "";
        if (lastFailure != null && isLive()) {
            lastFailure = lastFailure.toBuilder().setMessage(reason).build();
            recoveries.explain(lastFailure);
        }
    }

    /** Of an incarnation that is being adopted. */
    private void onSubtaskFailed(Failure failure) {
        Failures.lostExecutor(failure).ifPresent(lost -> fleet.suspect(lost, outbox.nowNanos()));
        failAll(failure);
    }

    private void onSubtaskFailed(Failure failure, Region of) {
        Failures.lostExecutor(failure).ifPresent(lost -> fleet.suspect(lost, outbox.nowNanos()));
        fail(failure, of::equals);
    }

    private void failAll(Failure failure) {
        fail(failure, region -> true);
    }

    /** Nothing of it is told to a task yet: a master that has been replaced must not stop what the newer one runs. */
    private void fail(Failure failure, Predicate<Region> isHit) {
        lastFailure = failure;
        lostExecutor = Failures.lostExecutor(failure).orElse(null);
        lostNode = lostExecutor == null ? "" : fleet.nodeOf(lostExecutor);
        outbox.note(id + ", incarnation " + lastIncarnation + ", has failed: " + failure.getKind() + ": "
                + failure.getMessage());
        Optional<Intact> left = intactBut(isHit);
        recoveries.begin(failure, recordsReplayed(left), outbox.nowMillis());
        if (cancelRequested) {
            giveUpDeployment();
            return;
        }
        if (!Failures.isWorthRestart(failure)) {
            giveUpDeployment();
            end(JobOutcome.JOB_FAILED, failure);
            return;
        }
        OptionalLong delay = restartCount.onFailure(failure.getKind(), outbox.nowNanos());
        undecided = failed(failure);
        if (delay.isEmpty()) {
            giveUpDeployment();
            endOnceExplained(failure, restartCount.refusal());
            return;
        }
        giveUpBut(left);
        restartIn(delay.getAsLong(), Failures.lostExecutor(failure).filter(fleet::isSuspect));
    }

    /** A broken stream says nothing of why; YARN does so within some heartbeats, and the user wants to read that. */
    private void endOnceExplained(Failure failure, String why) {
        Optional<ExecutorId> unexplained = Failures.lostExecutor(failure).filter(fleet::isUnexplained);
        if (unexplained.isEmpty()) {
            end(JobOutcome.JOB_FAILED, Failures.withRemark(failure, why));
            return;
        }
        refusal = why;
        resumeNanos = outbox.nowNanos() + limits.explanationNanos();
        transition(Phase.RESTARTING, "it will end, once YARN has said why " + unexplained.get() + " was lost: " + why);
    }

    private void restartIn(long delayNanos, Optional<ExecutorId> suspect) {
        awaited = delayNanos == 0 ? suspect.orElse(null) : null;
        resumeNanos = outbox.nowNanos() + (awaited == null ? delayNanos : limits.suspicionNanos());
        transition(
                Phase.RESTARTING,
                "the next incarnation starts in " + delayNanos / 1_000_000 + " ms from checkpoint "
                        + restorePoints.id()
                        + (awaited == null ? "" : ", or once the stream of " + awaited + " ends"));
        if (delayNanos > 0) {
            journalFailure();
        }
    }

    private IncarnationFailed failed(Failure failure) {
        return IncarnationFailed.newBuilder()
                .setJobId(id.value())
                .setIncarnation(lastIncarnation)
                .setFailure(failure)
                .setTimeMillis(outbox.nowMillis())
                .setFailuresInARow(restartCount.inARow())
                .setHistory(RestartHistory.newBuilder()
                        .setFailures(restartCount.inAll())
                        .addAllNewestMillis(restartCount.newestNanos().stream()
                                .map(nanos -> outbox.nowMillis() - (outbox.nowNanos() - nanos) / 1_000_000)
                                .toList()))
                .build();
    }

    /** The next incarnation's record does not come at once, so the failure gets one of its own. */
    private void journalFailure() {
        IncarnationFailed failed = undecided;
        if (failed == null) {
            return;
        }
        undecided = null;
        failureInFlight = true;
        outbox.appendThen(
                JournalRecord.newBuilder().setIncarnationFailed(failed).build(), () -> {
                    failureInFlight = false;
                    tellStops();
                });
    }

    /** Forgets what runs of the job; that it is to stop is told once it is durable. */
    private void giveUpDeployment() {
        closeCheckpoints(failureInWords());
        deployDeadlineNanos = NEVER;
        if (adoption != null) {
            lastSlots = adoption.slots();
            adoption.executors().forEach(executor -> stops.plan(executor, lastIncarnation));
            adoption = null;
            fleet.release(id);
        }
        if (deployment != null) {
            if (!incarnationInFlight) {
                deployment.executors().forEach(executor -> stops.plan(executor, lastIncarnation));
            }
            withdrawDeployment();
        }
        giveUpIntact();
    }

    /** What runs of the job and need not start anew, but for what is hit. After its last checkpoint, all is. */
    private Optional<Intact> intactBut(Predicate<Region> isHit) {
        return deployment == null || mayFinish ? Optional.empty() : Intact.of(deployment, isHit);
    }

    /** As {@link #giveUpDeployment}, but what is left of the job goes on until the next incarnation is deployed. */
    private void giveUpBut(Optional<Intact> left) {
        if (left.isEmpty()) {
            giveUpDeployment();
            return;
        }
        closeCheckpoints(failureInWords());
        deployDeadlineNanos = NEVER;
        intact = left.get();
        withdrawDeployment();
    }

    private void withdrawDeployment() {
        deployment = null;
        fleet.release(id);
        holdIntact();
    }

    /** Its slots stay the job's, but for those on executors that are gone. */
    private void holdIntact() {
        if (intact == null) {
            return;
        }
        if (intact.isEmpty()) {
            giveUpIntact();
        } else if (deployment == null) {
            fleet.hold(id, intact.slots().stream().filter(fleet::isRegistered).toList());
        }
    }

    /** Forgets it; what the next incarnation does not carry over is to stop. */
    private void giveUpIntact() {
        if (intact == null) {
            return;
        }
        intact.executors().forEach(executor -> stops.plan(executor, lastIncarnation));
        intact = null;
        if (deployment == null) {
            fleet.release(id);
        }
    }

    /** Tells executors to stop what is over, if the journal knows that it is. */
    private void tellStops() {
        boolean isDecided = isLive() ? phase == Phase.CANCELING || !cancelRequested : phase.isFinal();
        if (isDecided && undecided == null && !failureInFlight && !incarnationInFlight) {
            stops.tell(this::tryStop, outbox.nowNanos() + limits.stopNanos());
        }
    }

    private boolean tryStop(ExecutorId executor, long incarnation) {
        if (!fleet.isRegistered(executor)) {
            return false;
        }
        fleet.send(executor, messages.stop(incarnation));
        return true;
    }

    void onStopped(ExecutorId executor, Stopped stopped) {
        stops.onStopped(executor, stopped.getIncarnation());
    }

    /** Executors that have yet to stop subtasks of the job. */
    Set<ExecutorId> stoppingExecutors() {
        return stops.executors();
    }

    /** Executors that should have stopped the job's subtasks long ago. */
    List<ExecutorId> stuckExecutors() {
        return stops.stuck(outbox.nowNanos());
    }

    /** Records that hit sources have read since the restore point: they are read again. 0 if that is not known. */
    private long recordsReplayed(Optional<Intact> left) {
        Deployment failed = deployment;
        if (failed == null) {
            return 0;
        }
        long replayed = 0;
        for (SubtaskId subtask : failed.subtasks()) {
            Region region = failed.regionOf(subtask);
            if (left.map(intact -> !intact.contains(region)).orElse(true)) {
                long read = failed.recordsRead(subtask, outbox.nowNanos());
                replayed += restorePoints.replayed(subtask, failed.since(region), read);
            }
        }
        return replayed;
    }

    // ---- end -----------------------------------------------------------------------------------------------------

    /** Answers the request now or, if it is granted, once that is durable. */
    void cancel(@Nullable RequestId request) {
        if (phase == Phase.CANCELED || phase == Phase.CANCELING) {
            answerCancel(request, "");
        } else if (ending != null) {
            answerCancel(request, id + " has ended already, as " + phaseOf(ending.getOutcome()) + ".");
        } else if (isTerminalDecided()) {
            answerCancel(request, id + " is finishing: its last checkpoint is complete, and its output is committed.");
        } else {
            if (request != null) {
                cancelsToAnswer.add(request);
            }
            requestCancel();
        }
    }

    private void requestCancel() {
        if (cancelRequested) {
            return;
        }
        cancelRequested = true;
        closeCheckpoints("A client has canceled the job.");
        savepoints.failWaiting("A client has canceled the job.");
        outbox.appendThen(
                JournalRecord.newBuilder()
                        .setJobCancelRequested(JobCancelRequested.newBuilder()
                                .setJobId(id.value())
                                .setTimeMillis(outbox.nowMillis()))
                        .build(),
                this::onCancelDurable);
    }

    private void onCancelDurable() {
        cancelsToAnswer.forEach(request -> answerCancel(request, ""));
        cancelsToAnswer.clear();
        if (isLive()) {
            giveUpDeployment();
            undecided = null;
            transition(Phase.CANCELING, "a client wants it");
            tellStops();
        }
    }

    private void tryEndCanceled() {
        if (stops.isEmpty() && !fleet.isRecovering() && !incarnationInFlight && !checkpoints.isJournaling()) {
            end(JobOutcome.JOB_CANCELED, null);
        }
    }

    /** The session can't wait any longer. */
    void abandon() {
        if (isLive()) {
            giveUpDeployment();
            if (phase != Phase.CANCELING) {
                transition(Phase.CANCELING, "the session ends");
            }
            end(JobOutcome.JOB_CANCELED, null);
        }
    }

    private void end(JobOutcome outcome, @Nullable Failure failure) {
        JobEnded.Builder ended =
                JobEnded.newBuilder().setJobId(id.value()).setOutcome(outcome).setTimeMillis(outbox.nowMillis());
        if (failure != null) {
            lastFailure = failure;
            ended.setFailure(failure);
        }
        ending = ended.build();
        undecided = null;
        giveUpIntact();
        closeCheckpoints("The job has ended.");
        savepoints.failWaiting("The job has ended.");
        failRescale("The job has ended.");
        outbox.appendThen(JournalRecord.newBuilder().setJobEnded(ending).build(), () -> onEndDurable(outcome));
    }

    private void onEndDurable(JobOutcome outcome) {
        fleet.release(id);
        followers.takeAllBut(List.of()).forEach(this::unfollow);
        if (outcome == JobOutcome.JOB_FINISHED && deployment != null) {
            // They keep what their peers may still read, and its classes, until they are told that nobody does.
            deployment.executors().forEach(executor -> stops.plan(executor, lastIncarnation));
        }
        transition(phaseOf(outcome), lastFailure == null ? "its end is journaled" : lastFailure.getMessage());
        tellStops();
        isSweepDue = true;
    }

    /**
     * What stays of an ended job in HDFS: all checkpoints that it could have been restored from, as the newest may be
     * what it has failed of. One that has failed before it had any has its graph until the session's end, for whoever
     * looks for the reason.
     */
    private void settleFiles(boolean areNeeded) {
        if (retainedCheckpoint().isPresent()) {
            // The mark is what keeps them at the session's end, and can't wait. If one is needed, all stay for good.
            outbox.act(new MasterAction.RetainCheckpoint(id, areNeeded ? Set.of() : restorePoints.kept()));
        } else if (phase != Phase.FAILED) {
            if (areNeeded) {
                isDeletionPutOff = true;
                return;
            }
            MasterAction deletion = new MasterAction.DeleteJobFiles(id);
            if (isDeletionPutOff) { // With a newer master another job may have started from them.
                outbox.actOnceLeading(deletion);
            } else {
                outbox.act(deletion);
            }
        }
        isSweepDue = false;
    }

    /**
     * The directory of the newest of the checkpoints that outlive the job. The last one of a job that was stopped with
     * it is a savepoint.
     */
    private Optional<String> retainedCheckpoint() {
        boolean isRetained =
                (phase == Phase.FAILED || phase == Phase.CANCELED && retainsIfCanceled()) && !restorePoints.isStopped();
        return isRetained ? restorePoints.directory() : Optional.empty();
    }

    private boolean retainsIfCanceled() {
        return config.checkpointOnCancel() == CheckpointOnCancel.RETAIN;
    }

    /** Of an application that has ended with it. */
    FinalStatus finalStatus() {
        return switch (phase) {
            case FINISHED -> FinalStatus.SUCCEEDED;
            case CANCELED -> FinalStatus.KILLED;
            case FAILED -> FinalStatus.FAILED;
            default -> throw new IllegalStateException(id + " is " + phase + ", and has not ended.");
        };
    }

    /** How it has ended, and why: a sentence or a few lines, for people. */
    String endInWords() {
        String kept = retainedCheckpoint().map(EndWords::kept).orElse("");
        return switch (phase) {
            case FINISHED ->
                restorePoints
                        .stoppedIn()
                        .map(directory -> id + " was stopped with the savepoint " + directory)
                        .orElse(id + " has finished.");
            case CANCELED -> id + " was canceled." + kept;
            case FAILED -> EndWords.failed(id.value(), lastFailure == null ? "" : Failures.inWords(lastFailure)) + kept;
            default -> throw new IllegalStateException(id + " is " + phase + ", and has not ended.");
        };
    }

    private void answerCancel(@Nullable RequestId request, String refusal) {
        if (request != null) {
            outbox.act(new MasterAction.Reply(
                    request, CancelJobResponse.newBuilder().setRefusal(refusal).build()));
        }
    }

    // ---- what others ask -----------------------------------------------------------------------------------------

    JobId id() {
        return id;
    }

    boolean hasEnded() {
        return phase.isFinal();
    }

    /** When its end was decided; 0 if it has not been. */
    long endedMillis() {
        return ending == null ? 0 : ending.getTimeMillis();
    }

    long nextDeadlineNanos() {
        long next = stops.nextDeadlineNanos();
        if (!isLive() || cancelRequested) {
            return next;
        }
        Rescaling.Wanted wanted = rescaling.wanted();
        long rescale = wanted == null ? NEVER : wanted.deadlineNanos();
        return Math.min(
                Math.min(Math.min(next, rescale), savepoints.nextDeadlineNanos()),
                switch (phase) {
                    case WAITING_FOR_RESOURCES -> slotsDeadlineNanos();
                    case DEPLOYING -> deployDeadlineNanos;
                    case ADOPTING -> NEVER; // The fleet's wait for executors bounds it.
                    case RUNNING, FINISHING -> checkpoints.nextDeadlineNanos();
                    case RESTARTING -> resumeNanos;
                    case CANCELING, FINISHED, CANCELED, FAILED -> NEVER;
                });
    }

    private long slotsDeadlineNanos() {
        if (slotsWanted() == 0 || fleet.isRecovering() || (hasRun && isAlarmed)) {
            return NEVER;
        }
        return waitingSinceNanos + (hasRun ? limits.slotsAlarmNanos() : limits.resourcesNanos());
    }

    /** @param detailed also how the newest checkpoints went, and what each subtask does */
    JobDescription describe(boolean detailed) {
        JobDescription.Builder description = JobDescription.newBuilder()
                .setJobId(id.value())
                .setName(submitted.getName())
                .setPhase(phase.wire())
                .setSubmittedMillis(submitted.getTimeMillis())
                .setIncarnation(lastIncarnation)
                .setRestarts((int) Math.max(0, lastIncarnation - 1))
                .setCheckpointsCompleted(checkpoints.completedCount())
                .setCheckpointsFailed(checkpoints.failedCount())
                .setAlarm(alarm())
                .setLastCheckpoint(restorePoints
                        .newest()
                        .map(CheckpointCompleted::getCheckpoint)
                        .orElse(0L))
                .setSavepointPath(restorePoints.stoppedIn().orElse(""))
                .setRetainedCheckpoint(retainedCheckpoint().orElse(""))
                .setLastCheckpointMillis(checkpoints.lastDurationNanos() / 1_000_000)
                .setStandbyCheckpoint(fleet.standbyCheckpoint(id))
                .addAllRecoveries(recoveries.list())
                .setAdoptedMillis(adoptedMillis)
                .setFirstCheckpointMillis(firstCheckpointMillis);
        restorePoints.newest().ifPresent(newest -> description.setLastCheckpointBytes(newest.getBytes()));
        if (detailed) {
            description.addAllCheckpoints(history.list());
        }
        if (phase.isFinal() && ending != null) {
            description.setEndedMillis(ending.getTimeMillis());
        }
        if (lastFailure != null) {
            description.setFailure(lastFailure);
        }
        if (topology != null) {
            topology.vertices().forEach(vertex -> describe(vertex, detailed, description));
        }
        return description.build();
    }

    private void describe(JobTopology.Vertex vertex, boolean detailed, JobDescription.Builder description) {
        VertexDescription.Builder described = VertexDescription.newBuilder()
                .setId(vertex.id().value())
                .setName(vertex.name())
                .setParallelism(vertex.parallelism());
        if (deployment != null) {
            described.setSinceIncarnation(deployment.since(vertex.region()).value());
            long watermarkMillis = Long.MAX_VALUE;
            for (int index = 0; index < vertex.parallelism(); index++) {
                SubtaskId subtask = new SubtaskId(vertex.id(), index);
                SubtaskState reached = deployment.stateOf(subtask);
                boolean runs = reached == SubtaskState.SUBTASK_RUNNING || reached == SubtaskState.SUBTASK_DRAINED;
                described.setRunning(described.getRunning() + (runs ? 1 : 0));
                SubtaskCounters counters = deployment.countersOf(subtask);
                watermarkMillis =
                        Math.min(watermarkMillis, counters == null ? Long.MIN_VALUE : counters.getWatermarkMillis());
                if (counters != null) {
                    add(counters, described, description);
                }
                if (counters != null && detailed) {
                    described.addSubtasks(
                            describe(counters, deployment.executorOf(subtask).value(), reached));
                }
                if (counters != null && vertex.sink()) {
                    description.addOutputs(OutputDescription.newBuilder()
                            .setVertex(vertex.id().value())
                            .setSubtask(index)
                            .setExecutorId(deployment.executorOf(subtask).value())
                            .setFirstOutputMillis(counters.getFirstOutputMillis())
                            .setLastOutputMillis(counters.getLastOutputMillis())
                            .addAllPauses(counters.getPausesList()));
                }
            }
            if (watermarkMillis != Long.MIN_VALUE) {
                described.setWatermarkMillis(watermarkMillis);
            }
        }
        description.addVertices(described);
    }

    private static SubtaskDescription describe(SubtaskCounters counters, String executorId, SubtaskState state) {
        SubtaskDescription.Builder described = SubtaskDescription.newBuilder()
                .setSubtask(counters.getSubtask())
                .setExecutorId(executorId)
                .setState(state)
                .setRecordsIn(counters.getRecordsIn())
                .setRecordsOut(counters.getRecordsOut())
                .setBytesIn(counters.getBytesIn())
                .setBytesOut(counters.getBytesOut())
                .setRecordsRead(counters.getRecordsRead())
                .setRecordsWritten(counters.getRecordsWritten())
                .setRecordsLate(counters.getRecordsLate())
                .setRecordsSkipped(counters.getRecordsSkipped())
                .setBusyPermille(counters.getBusyPermille())
                .setBackPressuredPermille(counters.getBackPressuredPermille())
                .setIdlePermille(counters.getIdlePermille());
        if (counters.getWatermarkMillis() != Long.MIN_VALUE) {
            described.setWatermarkMillis(counters.getWatermarkMillis());
        }
        return described.build();
    }

    private static void add(SubtaskCounters counters, VertexDescription.Builder vertex, JobDescription.Builder job) {
        vertex.setRecordsIn(vertex.getRecordsIn() + counters.getRecordsIn());
        vertex.setRecordsOut(vertex.getRecordsOut() + counters.getRecordsOut());
        vertex.setBytesIn(vertex.getBytesIn() + counters.getBytesIn());
        vertex.setBytesOut(vertex.getBytesOut() + counters.getBytesOut());
        vertex.setBusyPermille(Math.max(vertex.getBusyPermille(), counters.getBusyPermille()));
        vertex.setBackPressuredPermille(
                Math.max(vertex.getBackPressuredPermille(), counters.getBackPressuredPermille()));
        vertex.setIdlePermille(Math.max(vertex.getIdlePermille(), counters.getIdlePermille()));
        SourceLatencies.add(counters.getLatenciesList(), vertex);
        job.setRecordsRead(job.getRecordsRead() + counters.getRecordsRead());
        job.setRecordsWritten(job.getRecordsWritten() + counters.getRecordsWritten());
        job.setRecordsLate(job.getRecordsLate() + counters.getRecordsLate());
        job.setRecordsSkipped(job.getRecordsSkipped() + counters.getRecordsSkipped());
    }

    // ---- details -------------------------------------------------------------------------------------------------

    /** Its end is not decided yet. */
    private boolean isLive() {
        return ending == null;
    }

    private boolean isTerminalDecided() {
        boolean inFlight = checkpoints.isJournaling()
                && checkpoints.pending().map(PendingCheckpoint::isLast).orElse(false);
        return inFlight || restorePoints.isTerminal();
    }

    private void toDeployed(MasterMessage.Builder message) {
        if (deployment != null) {
            deployment.executors().forEach(executor -> fleet.send(executor, message));
        }
    }

    private void transition(Phase to, String reason) {
        if (!phase.mayBecome(to)) {
            throw new IllegalStateException(id + " is " + phase + " and can't become " + to + " (" + reason + ").");
        }
        outbox.note(id + " \"" + submitted.getName() + "\": " + phase + " -> " + to + ": " + reason);
        phase = to;
    }

    private static <T> List<T> append(List<T> list, T last) {
        List<T> longer = new ArrayList<>(list);
        longer.add(last);
        return List.copyOf(longer);
    }
}
