package io.selvage.master.job;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.ContainerEnd;
import io.selvage.master.event.ExitCode;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.resource.Demand;
import io.selvage.master.resource.Executor;
import io.selvage.master.resource.ExecutorState;
import io.selvage.master.resource.Fleet;
import io.selvage.master.resource.FleetLimits;
import io.selvage.master.resource.LostExecutor;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.Drill;
import io.selvage.protocol.wire.DrillResponse;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.HeartbeatEcho;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RescaleState;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionStopping;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.StopSessionResponse;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.TakeSavepointRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the master's loop, or by a simulation: the whole session. Routes each event to the job or to the fleet that
 * decides, and answers with what is to be done.
 *
 * <p>Times are nanoseconds since this master's start, and never fall.
 */
public final class JobMaster implements MasterEvent.Receiver {
    public static final long NEVER = Long.MAX_VALUE;

    /** How long executors have for their end when the session ends. */
    private static final long EXECUTOR_END_NANOS = 10_000_000_000L;

    private final SessionFacts facts;
    private final Configuration configuration;
    private final JobLimits limits;
    private final RandomGenerator random;
    private final Outbox outbox;
    private final Fleet fleet;
    /** In the order of submission. */
    private final Map<String, Job> jobs = new LinkedHashMap<>();

    private final Map<JobId, Submission> submissions = new LinkedHashMap<>();
    private final StallGuard stall = new StallGuard();
    private SessionStage stage = SessionStage.OPEN;
    /** The end that an earlier master has promised. */
    private final Optional<SessionStopping> stopBefore;

    private final List<RequestId> stopsToAnswer = new ArrayList<>();
    private boolean stopInFlight;
    private long stopDeadlineNanos = NEVER;
    private boolean over;
    private long missedMillis; // When an executor first missed the master before; 0: none has said.

    /**
     * @param journaled what the journal says, this master's epoch included; owned by the job master from now on
     * @param configuration the session's settings, which a job's own lie above
     * @param startedMillis the wall clock at zero nanoseconds
     * @param seed of the restart delays' jitter
     */
    public JobMaster(
            SessionFacts facts,
            JournaledState journaled,
            Configuration configuration,
            FleetLimits fleetLimits,
            long startedMillis,
            long seed) {
        this(facts, journaled, configuration, fleetLimits, JobLimits.standard(), startedMillis, seed);
    }

    JobMaster(
            SessionFacts facts,
            JournaledState journaled,
            Configuration configuration,
            FleetLimits fleetLimits,
            JobLimits limits,
            long startedMillis,
            long seed) {
        this.facts = facts;
        this.configuration = configuration;
        this.limits = limits;
        this.random = new SplittableRandom(seed);
        this.outbox = new Outbox(journaled, startedMillis);
        this.fleet = new Fleet(
                fleetLimits,
                facts.epoch(),
                outbox::act,
                outbox::actOnceLeading,
                outbox::appendThen,
                journaled.learnt());
        this.stopBefore = journaled.stopping();
        journaled.jobs().forEach(this::addJob);
    }

    /** Takes up what the journal holds; once, before the first event. */
    public List<MasterAction> start(long nowNanos) {
        outbox.setTime(nowNanos);
        stall.advance(nowNanos);
        stall.confirmed();
        jobs.values().forEach(Job::resume);
        stopBefore.ifPresentOrElse(
                stopping -> beginStop("an earlier master was told so: " + stopping.getReason()), this::takeOnlyJob);
        sweep();
        return outbox.take();
    }

    /** What is to be done because of an event. */
    public List<MasterAction> on(MasterEvent event, long nowNanos) {
        if (over) {
            return List.of();
        }
        outbox.setTime(nowNanos);
        long stalledNanos = stall.advance(nowNanos);
        if (stalledNanos > 0 && stage.isBeforeDeletion()) {
            outbox.note("This process has stood still for " + stalledNanos / 1_000_000
                    + " ms: it looks for a newer master first.");
            stall.await(outbox.confirmThen(() -> fleet.onHeldUp(stall.confirmed())));
        }
        if (!stall.tryHold(event)) {
            event.deliverTo(this);
        } else if (stall.isFull()) {
            exit(ExitCode.OVERLOADED, StallGuard.CAPACITY + " events wait for the journal.");
        }
        // All that was held back comes first: what looks overdue may have come in time.
        for (MasterEvent next = stall.next(); next != null && !over; next = stall.next()) {
            next.deliverTo(this);
        }
        if (!over && !stall.isHolding()) {
            settle();
        }
        return outbox.take();
    }

    /** When {@link MasterEvent.Tick} is due at the latest. */
    public long nextDeadlineNanos() {
        if (stall.isHolding()) {
            return NEVER;
        }
        long next = Math.min(fleet.nextDeadlineNanos(), stopDeadlineNanos);
        for (Job job : jobs.values()) {
            next = Math.min(next, job.nextDeadlineNanos());
        }
        return next;
    }

    private void settle() {
        boolean isAwaiting = jobs.values().stream().anyMatch(Job::isAwaitingSurvivors);
        fleet.expire(outbox.nowNanos(), isAwaiting).forEach(this::lost);
        for (Job job : jobs.values()) {
            job.stuckExecutors()
                    .forEach(executor -> fleet.evict(
                                    executor,
                                    "Executor " + executor + " has not stopped the subtasks of " + job.id() + ".")
                            .ifPresent(this::lost));
        }
        jobs.values().forEach(Job::advance);
        fleet.takeFailedStarts().ifPresent(reason -> jobs.values().forEach(job -> job.onNoExecutors(reason)));
        fleet.balance(demand(), outbox.nowNanos());
        List<ExecutorId> standbys = fleet.standbys();
        jobs.values().forEach(job -> job.lead(standbys));
        sweep();
        forgetOldest();
        endWithOnlyJob();
        advanceStop();
    }

    private void sweep() {
        jobs.values().forEach(job -> job.sweep(this::origins));
    }

    /** Of jobs that have nothing else to be restored from, and of those that are being submitted. */
    private Stream<RestoredFrom> origins() {
        return Stream.concat(
                jobs.values().stream().flatMap(job -> job.needed().stream()),
                submissions.values().stream().map(each -> each.request().getRestoredFrom()));
    }

    private Demand demand() {
        return new Demand(
                jobs.values().stream()
                        .mapToInt(job -> job.slotsWanted() + job.slotsToMove() + job.slotsToAdd())
                        .sum(),
                jobs.values().stream().anyMatch(Job::wantsStandby),
                !jobs.values().stream().allMatch(Job::hasEnded),
                jobs.values().stream()
                        .flatMap(job -> job.stoppingExecutors().stream())
                        .collect(Collectors.toSet()));
    }

    private void lost(LostExecutor lost) {
        boolean isFelt = false;
        for (Job job : jobs.values()) {
            isFelt |= job.onExecutorLost(lost.executor(), lost.reason());
        }
        if (isFelt) {
            fleet.putOffStandby(outbox.nowNanos());
        }
    }

    // ---- time and YARN -------------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.Tick event) {
        // What is due is done after every event.
    }

    @Override
    public void on(MasterEvent.ResourceManagerJoined event) {
        fleet.onJoined(event.previousContainers(), event.largestMemoryMib(), event.unfit(), outbox.nowNanos());
    }

    @Override
    public void on(MasterEvent.PreviousContainerFound event) {
        fleet.onPreviousFound(event.executor(), event.memoryMib(), outbox.nowNanos());
    }

    @Override
    public void on(MasterEvent.ContainerAllocated event) {
        fleet.onAllocated(event.executor(), event.node(), event.memoryMib(), demand(), outbox.nowNanos());
    }

    @Override
    public void on(MasterEvent.ContainerStartFailed event) {
        fleet.onStartFailed(event.executor(), event.reason(), event.isOfNode(), outbox.nowNanos())
                .ifPresent(this::lost);
    }

    @Override
    public void on(MasterEvent.ContainerCompleted event) {
        jobs.values().forEach(job -> job.onContainerGone(event.executor()));
        fleet.onCompleted(event.executor(), ContainerEnd.of(event.exitStatus()), event.explanation(), outbox.nowNanos())
                .ifPresent(gone -> {
                    lost(gone);
                    jobs.values().forEach(job -> job.onLossExplained(gone.executor(), gone.reason()));
                });
    }

    @Override
    public void on(MasterEvent.ContainerToBePreempted event) {
        fleet.onGoodbye(event.executor(), event.reason());
    }

    @Override
    public void on(MasterEvent.NodeLeaving event) {
        fleet.onNodeLeaving(event.node(), event.reason());
    }

    @Override
    public void on(MasterEvent.NodeLost event) {
        fleet.onNodeLost(event.node(), event.reason()).forEach(this::lost);
        jobs.values().forEach(job -> job.onNodeLost(event.node(), event.reason()));
    }

    @Override
    public void on(MasterEvent.ClusterSized event) {
        fleet.onClusterSized(event.nodes(), outbox.nowNanos());
    }

    @Override
    public void on(MasterEvent.ExecutorsFit event) {
        fleet.onExecutorsFit(event.node());
    }

    @Override
    public void on(MasterEvent.ResourceManagerLost event) {
        exit(ExitCode.RESOURCE_MANAGER_LOST, event.reason());
    }

    // ---- executors -----------------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.ExecutorRegistered event) {
        fleet.onRegistered(event.executor(), event.connection(), event.register(), outbox.nowNanos())
                .ifPresent(this::lost);
        if (fleet.isCurrent(event.executor(), event.connection())) {
            long since = event.register().getMasterlessSinceMillis();
            missedMillis = missedMillis == 0 || (since > 0 && since < missedMillis) ? since : missedMillis;
            event.register().getRunningList().forEach(running -> survivor(event.executor(), running));
        }
    }

    private void survivor(ExecutorId executor, RunningIncarnation running) {
        Job job = jobs.get(running.getJobId());
        if (job != null && !job.hasEnded()) {
            job.onSurvivor(executor, running);
        } else {
            fleet.sendOnceLeading(
                    executor,
                    MasterMessage.newBuilder()
                            .setStop(StopIncarnation.newBuilder()
                                    .setJobId(running.getJobId())
                                    .setIncarnation(running.getIncarnation())));
        }
    }

    @Override
    public void on(MasterEvent.ExecutorDisconnected event) {
        fleet.onDisconnected(event.executor(), event.connection(), event.reason(), outbox.nowNanos())
                .ifPresent(this::lost);
    }

    @Override
    public void on(MasterEvent.HeartbeatReceived event) {
        if (!isAlive(event.executor(), event.connection())) {
            return;
        }
        fleet.onHeartbeat(event.executor(), event.heartbeat().getRefusedConnections(), outbox.nowNanos());
        event.heartbeat()
                .getCountersList()
                .forEach(counters -> job(counters.getJobId()).ifPresent(job -> job.onCounters(counters)));
        fleet.send(
                event.executor(),
                MasterMessage.newBuilder()
                        .setHeartbeat(HeartbeatEcho.newBuilder()
                                .setSequence(event.heartbeat().getSequence())
                                .addAllGroups(SourceGroups.of(event.heartbeat(), this::deploymentOf))));
    }

    private @Nullable Deployment deploymentOf(SubtaskCounters counters) {
        return job(counters.getJobId())
                .map(job -> job.deploymentOf(counters.getIncarnation()))
                .orElse(null);
    }

    @Override
    public void on(MasterEvent.SubtaskReported event) {
        if (isAlive(event.executor(), event.connection())) {
            job(event.report().getJobId()).ifPresent(job -> job.onReport(event.executor(), event.report()));
        }
    }

    @Override
    public void on(MasterEvent.CheckpointAcknowledgedBy event) {
        if (isAlive(event.executor(), event.connection())) {
            job(event.acknowledgement().getJobId())
                    .ifPresent(job -> job.onAcknowledged(event.executor(), event.acknowledgement()));
        }
    }

    @Override
    public void on(MasterEvent.CheckpointDeclinedBy event) {
        if (isAlive(event.executor(), event.connection())) {
            job(event.declined().getJobId()).ifPresent(job -> job.onDeclined(event.executor(), event.declined()));
        }
    }

    @Override
    public void on(MasterEvent.IncarnationStopped event) {
        if (isAlive(event.executor(), event.connection())) {
            job(event.stopped().getJobId()).ifPresent(job -> job.onStopped(event.executor(), event.stopped()));
        }
    }

    @Override
    public void on(MasterEvent.FollowingReported event) {
        if (isAlive(event.executor(), event.connection())) {
            fleet.onFollowing(event.executor(), event.following());
        }
    }

    /** Whatever an executor says on its current stream is a sign of life; on another it is of no effect. */
    private boolean isAlive(ExecutorId executor, ConnectionId connection) {
        if (!fleet.isCurrent(executor, connection)) {
            return false;
        }
        fleet.onSignOfLife(executor, outbox.nowNanos());
        return true;
    }

    // ---- submission ----------------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.SubmissionRequested event) {
        SubmitJobRequest request = event.submission();
        JobId id;
        try {
            id = new JobId(request.getJobId());
        } catch (IllegalArgumentException malformed) {
            answerSubmission(event.request(), String.valueOf(malformed.getMessage()));
            return;
        }
        if (request.hasRestoredFrom()
                && (request.getRestoredFrom().getCheckpoint() < 1
                        || request.getRestoredFrom().getMetadataPath().isEmpty())) {
            answerSubmission(
                    event.request(),
                    "The submission does not say from which checkpoint " + id
                            + " is to go on: the client that made it is broken.");
        } else if (jobs.containsKey(id.value())) {
            answerSubmission(event.request(), "");
        } else if (submissions.containsKey(id)) {
            submissions.get(id).askers().add(event.request());
        } else if (stage != SessionStage.OPEN || stopInFlight) {
            answerSubmission(event.request(), "The session is being stopped: open a new one with yarn-session.sh.");
        } else if (facts.onlyJob().isPresent()) {
            answerSubmission(
                    event.request(),
                    "The application is for its job " + facts.onlyJob().get().getJobId()
                            + " alone, and ends with it: open a session with yarn-session.sh, or run the job with"
                            + " --application.");
        } else {
            load(id, event);
        }
    }

    private void load(JobId id, MasterEvent.SubmissionRequested event) {
        Map<String, String> settings;
        try {
            settings = settingsOf(event.submission());
        } catch (ConfigException refused) {
            answerSubmission(event.request(), String.valueOf(refused.getMessage()));
            return;
        }
        submissions.put(id, new Submission(event.submission(), settings, new ArrayList<>(List.of(event.request()))));
        outbox.act(new MasterAction.LoadGraph(id, event.submission().getGraphPath()));
    }

    private Map<String, String> settingsOf(SubmitJobRequest request) {
        Configuration merged = configuration.with(request.getSettingsMap(), "in the settings of " + request.getJobId());
        JobConfig.from(merged);
        SessionConfig.from(merged); // What executors have been started with must do for what the job has chosen.
        return merged.settings(Scope.JOB);
    }

    /**
     * It came with the application, so nobody is needed to submit it; whoever asks for it is answered once it is
     * durable. That its graph can't be read, or used, is a failure of the job's.
     */
    private void takeOnlyJob() {
        facts.onlyJob().filter(request -> !jobs.containsKey(request.getJobId())).ifPresent(request -> {
            JobId id = new JobId(request.getJobId());
            submissions.put(id, new Submission(request, settingsOf(request), new ArrayList<>()).accept());
            journalSubmission(id, request.getName(), Job::loadGraph);
        });
    }

    @Override
    public void on(MasterEvent.GraphLoaded event) {
        Submission submission = submissions.get(event.job());
        Optional<String> refusal = JobTopology.refusal(event.graph());
        if (submission != null) {
            refusal.ifPresentOrElse(
                    sentence -> refuse(event.job(), sentence), () -> accept(event.job(), submission, event.graph()));
            return;
        }
        job(event.job().value())
                .ifPresent(job -> refusal.ifPresentOrElse(
                        sentence -> job.onGraphUnreadable(Failures.of(FailureKind.FATAL, sentence)),
                        () -> job.onGraph(JobTopology.of(event.graph()))));
    }

    @Override
    public void on(MasterEvent.GraphUnreadable event) {
        if (submissions.containsKey(event.job())) {
            refuse(event.job(), event.failure().getMessage());
        } else {
            job(event.job().value()).ifPresent(job -> job.onGraphUnreadable(event.failure()));
        }
    }

    @Override
    public void on(MasterEvent.GraphChanged event) {
        job(event.job().value()).ifPresent(job -> job.onGraphChanged(event.path()));
    }

    @Override
    public void on(MasterEvent.GraphNotChanged event) {
        job(event.job().value()).ifPresent(job -> job.onGraphNotChanged(event.path(), event.reason()));
    }

    private void accept(JobId id, Submission submission, JobGraphMessage graph) {
        if (submission.accepted()) {
            return;
        }
        submissions.put(id, submission.accept());
        journalSubmission(id, graph.getName(), job -> job.onGraph(JobTopology.of(graph)));
    }

    /** @param begin what the job does first, once it is durable */
    private void journalSubmission(JobId id, String name, Consumer<Job> begin) {
        Submission submission = submissionOrThrow(id);
        JobSubmitted.Builder building = JobSubmitted.newBuilder();
        if (submission.request().hasRestoredFrom()) {
            building.setRestoredFrom(submission.request().getRestoredFrom());
        }
        JobSubmitted submitted = building.setJobId(id.value())
                .setName(name)
                .setGraphPath(submission.request().getGraphPath())
                .addAllJars(submission.request().getJarsList())
                .putAllSettings(submission.settings())
                .setTimeMillis(outbox.nowMillis())
                .build();
        outbox.appendThen(JournalRecord.newBuilder().setJobSubmitted(submitted).build(), () -> {
            Job job = addJob(JournaledJob.newBuilder().setSubmitted(submitted).build());
            begin.accept(job);
            outbox.note(id + " \"" + name + "\" is submitted.");
            submissionOrThrow(id).askers().forEach(asker -> answerSubmission(asker, ""));
            submissions.remove(id);
            if (stage != SessionStage.OPEN) {
                job.cancel(null);
            }
        });
    }

    private void refuse(JobId id, String sentence) {
        submissionOrThrow(id).askers().forEach(asker -> answerSubmission(asker, sentence));
        submissions.remove(id);
    }

    private Submission submissionOrThrow(JobId id) {
        Submission submission = submissions.get(id);
        if (submission == null) {
            throw new IllegalStateException("Nobody is submitting " + id + ".");
        }
        return submission;
    }

    private void answerSubmission(RequestId request, String refusal) {
        outbox.act(new MasterAction.Reply(
                request, SubmitJobResponse.newBuilder().setRefusal(refusal).build()));
    }

    // ---- other requests ------------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.CancelRequested event) {
        job(event.job())
                .ifPresentOrElse(
                        job -> job.cancel(event.request()),
                        () -> outbox.act(new MasterAction.Reply(
                                event.request(),
                                CancelJobResponse.newBuilder()
                                        .setRefusal(unknownJob(event.job()))
                                        .build())));
    }

    @Override
    public void on(MasterEvent.SavepointRequested event) {
        TakeSavepointRequest wanted = event.savepoint();
        answerOfSavepoint(
                event.request(),
                wanted.getJobId(),
                wanted.getSavepointId(),
                (job, id) -> job.takeSavepoint(event.request(), id, wanted));
    }

    @Override
    public void on(MasterEvent.SavepointQueried event) {
        DescribeSavepointRequest wanted = event.savepoint();
        answerOfSavepoint(
                event.request(),
                wanted.getJobId(),
                wanted.getSavepointId(),
                (job, id) -> outbox.act(new MasterAction.Reply(event.request(), job.describeSavepoint(id))));
    }

    private void answerOfSavepoint(
            RequestId request, String job, String savepoint, BiConsumer<Job, SavepointId> answer) {
        Optional<SavepointId> id = savepointId(savepoint);
        Optional<Job> known = job(job);
        if (id.isPresent() && known.isPresent()) {
            answer.accept(known.get(), id.get());
        } else {
            refuseSavepoint(request, job, savepoint);
        }
    }

    private static Optional<SavepointId> savepointId(String id) {
        try {
            return Optional.of(new SavepointId(id));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    private void refuseSavepoint(RequestId request, String job, String savepoint) {
        String sentence = jobs.containsKey(job)
                ? "\"" + savepoint + "\" is not a savepoint's id: the client that chose it is broken."
                : unknownJob(job);
        outbox.act(new MasterAction.Reply(
                request,
                SavepointDescription.newBuilder()
                        .setState(SavepointState.SAVEPOINT_REFUSED)
                        .setReason(sentence)
                        .build()));
    }

    @Override
    public void on(MasterEvent.CheckpointRequested event) {
        job(event.job())
                .ifPresentOrElse(
                        job -> job.requestCheckpoint(event.request()),
                        () -> outbox.act(new MasterAction.Reply(
                                event.request(),
                                RequestCheckpointResponse.newBuilder()
                                        .setRefusal(unknownJob(event.job()))
                                        .build())));
    }

    @Override
    public void on(MasterEvent.RescaleRequested event) {
        String id = event.rescale().getJobId();
        job(id).ifPresentOrElse(
                        job -> job.rescale(event.request(), event.rescale()),
                        () -> outbox.act(new MasterAction.Reply(
                                event.request(), Rescaling.answer(RescaleState.RESCALE_REFUSED, unknownJob(id)))));
    }

    private static String unknownJob(String job) {
        return "This session has no job \"" + job + "\": see `selvage list`.";
    }

    @Override
    public void on(MasterEvent.DrillRequested event) {
        String named = event.drill().getExecutorId();
        boolean isKnown = named.isEmpty() || fleet.isRegistered(new ExecutorId(named));
        outbox.act(new MasterAction.Reply(
                event.request(),
                DrillResponse.newBuilder()
                        .setRefusal(
                                isKnown ? "" : "This session has no executor \"" + named + "\": see `selvage status`.")
                        .setTimeMillis(outbox.nowMillis())
                        .build()));
        if (named.isEmpty()) {
            outbox.act(new MasterAction.FailProcess(event.drill().getKind()));
        } else if (isKnown) {
            fleet.send(
                    new ExecutorId(named),
                    MasterMessage.newBuilder()
                            .setDrill(Drill.newBuilder().setKind(event.drill().getKind())));
        }
    }

    @Override
    public void on(MasterEvent.JobsQueried event) {
        List<Job> newestFirst = new ArrayList<>(jobs.values());
        Collections.reverse(newestFirst);
        ListJobsResponse.Builder response = ListJobsResponse.newBuilder();
        newestFirst.stream()
                .filter(job -> event.job().isEmpty() || job.id().value().equals(event.job()))
                .forEach(job -> response.addJobs(job.describe(event.detailed())));
        outbox.act(new MasterAction.Reply(event.request(), response.build()));
    }

    @Override
    public void on(MasterEvent.SessionQueried event) {
        SessionDescription.Builder description = facts.description().toBuilder()
                .setMasterMissedMillis(missedMillis)
                .setRefusedControlConnections(event.refusedAtControlPort())
                .setRefusedStatusConnections(event.refusedAtStatusPort());
        List<ExecutorId> standbys = fleet.standbys();
        for (Executor executor : fleet.executors()) {
            if (executor.state() == ExecutorState.REGISTERED) {
                var register = executor.registerOrThrow();
                description.addExecutors(ExecutorDescription.newBuilder()
                        .setExecutorId(executor.id().value())
                        .setHost(register.getHost())
                        .setPid(register.getPid())
                        .setSlots(register.getSlots())
                        .setBusySlots(fleet.busySlots(executor.id()))
                        .setStandby(standbys.contains(executor.id()))
                        .setStandbyBytes(executor.readyBytes())
                        .setRefusedConnections(executor.refusedConnections())
                        .setLogUrl(register.getLogUrl()));
            }
        }
        description.addAllNotices(fleet.notices(outbox.nowNanos()));
        outbox.act(new MasterAction.Reply(event.request(), description.build()));
    }

    // ---- the session's end ---------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.SessionStopRequested event) {
        stopsToAnswer.add(event.request());
        if (stage != SessionStage.OPEN) {
            answerStops();
        } else if (!stopInFlight) {
            wantStop(event.reason());
        }
    }

    /** An application that is for one job ends with it, whoever is its master by then. */
    private void endWithOnlyJob() {
        if (stage == SessionStage.OPEN && !stopInFlight) {
            onlyJob().filter(Job::hasEnded).ifPresent(job -> wantStop(job.id() + " has ended, for which alone it was"));
        }
    }

    private Optional<Job> onlyJob() {
        return facts.onlyJob().flatMap(request -> job(request.getJobId()));
    }

    private void wantStop(String reason) {
        stopInFlight = true;
        outbox.appendThen(
                JournalRecord.newBuilder()
                        .setSessionStopping(
                                SessionStopping.newBuilder().setReason(reason).setTimeMillis(outbox.nowMillis()))
                        .build(),
                () -> {
                    answerStops();
                    beginStop(reason);
                });
    }

    private void answerStops() {
        stopsToAnswer.forEach(
                request -> outbox.act(new MasterAction.Reply(request, StopSessionResponse.getDefaultInstance())));
        stopsToAnswer.clear();
    }

    private void beginStop(String reason) {
        become(SessionStage.ENDING_JOBS, reason);
        stopDeadlineNanos = outbox.nowNanos() + limits.stopSessionNanos();
        jobs.values().forEach(job -> job.cancel(null));
    }

    private void advanceStop() {
        if (stage == SessionStage.ENDING_JOBS) {
            if (outbox.nowNanos() >= stopDeadlineNanos) {
                stopDeadlineNanos = NEVER;
                jobs.values().forEach(Job::abandon);
            }
            // Before YARN knows this attempt, it can't be told of an end; executors of the one before may yet be there.
            boolean isKnown = !fleet.isRecovering();
            if (isKnown && submissions.isEmpty() && jobs.values().stream().allMatch(Job::hasEnded)) {
                become(SessionStage.ENDING_EXECUTORS, "every job has ended");
                stopDeadlineNanos = NEVER;
                fleet.close("The session is being stopped.", outbox.nowNanos() + EXECUTOR_END_NANOS);
            }
        }
        if (stage == SessionStage.ENDING_EXECUTORS && fleet.isEmpty()) {
            become(SessionStage.UNREGISTERING, "every executor has ended");
            outbox.actOnceLeading(lastWord());
        }
    }

    private MasterAction.Unregister lastWord() {
        if (facts.onlyJob().isEmpty()) {
            return new MasterAction.Unregister(FinalStatus.SUCCEEDED, "The session was stopped by a client.");
        }
        return onlyJob()
                .map(job -> new MasterAction.Unregister(job.finalStatus(), job.endInWords()))
                .orElseGet(() -> new MasterAction.Unregister(
                        FinalStatus.KILLED,
                        "The application was stopped by a client before its job "
                                + facts.onlyJob().get().getJobId() + " had begun."));
    }

    /** No other attempt will look for the journal now. */
    @Override
    public void on(MasterEvent.Unregistered event) {
        become(SessionStage.DELETING, "YARN knows of the end");
        outbox.act(new MasterAction.DeleteSessionFiles());
    }

    @Override
    public void on(MasterEvent.SessionFilesDeleted event) {
        exit(ExitCode.STOPPED, "The session has ended, and its files are deleted.");
    }

    private void become(SessionStage next, String reason) {
        if (next.ordinal() != stage.ordinal() + 1) {
            throw new IllegalStateException("The session is " + stage + " and can't become " + next + ".");
        }
        outbox.note("The session: " + stage + " -> " + next + ": " + reason);
        stage = next;
    }

    // ---- storage -------------------------------------------------------------------------------------------------

    @Override
    public void on(MasterEvent.JournalAppended event) {
        outbox.onAppended(event.append());
    }

    @Override
    public void on(MasterEvent.JournalWaits event) {
        outbox.onWaits(event.append(), event.reason());
    }

    @Override
    public void on(MasterEvent.JournalFenced event) {
        exit(ExitCode.FENCED, event.reason());
    }

    @Override
    public void on(MasterEvent.JournalUnavailable event) {
        exit(ExitCode.JOURNAL_UNAVAILABLE, event.reason());
    }

    @Override
    public void on(MasterEvent.MetadataWritten event) {
        job(event.checkpoint().job().value()).ifPresent(job -> job.onMetadataWritten(event.checkpoint(), event.path()));
    }

    @Override
    public void on(MasterEvent.MetadataWriteFailed event) {
        job(event.checkpoint().job().value())
                .ifPresent(job -> job.onMetadataWriteFailed(event.checkpoint(), event.reason()));
    }

    @Override
    public void on(MasterEvent.MetadataRefused event) {
        job(event.checkpoint().job().value()).ifPresent(job -> job.refuse(event.checkpoint(), event.gaps()));
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private Job addJob(JournaledJob journaled) {
        String id = journaled.getSubmitted().getJobId();
        Job job = new Job(
                journaled, configOf(journaled), facts.jobDirectory(id), facts.epoch(), limits, outbox, fleet, random);
        jobs.put(id, job);
        return job;
    }

    private JobConfig configOf(JournaledJob journaled) {
        try {
            return JobConfig.from(
                    Configuration.defaults().with(journaled.getSubmitted().getSettingsMap(), "in the journal"));
        } catch (ConfigException unknown) {
            // An older version knew settings that this one does not: the job matters more than they do.
            outbox.note(journaled.getSubmitted().getJobId() + " goes on with the session's settings: "
                    + unknown.getMessage());
            return JobConfig.from(configuration);
        }
    }

    private Optional<Job> job(String id) {
        return Optional.ofNullable(jobs.get(id));
    }

    private void forgetOldest() {
        Collection<Job> ended = jobs.values().stream().filter(Job::hasEnded).toList();
        ended.stream()
                .sorted(Comparator.comparingLong(Job::endedMillis))
                .limit(Math.max(0, ended.size() - JournaledState.MAX_ENDED_JOBS))
                .forEach(job -> jobs.remove(job.id().value()));
    }

    private void exit(ExitCode code, String reason) {
        over = true;
        outbox.exit(new MasterAction.ExitProcess(code, reason));
    }

    /** A submission that is not durable yet; {@code askers} are the requests that wait for it. */
    private record Submission(
            SubmitJobRequest request, Map<String, String> settings, List<RequestId> askers, boolean accepted) {
        Submission(SubmitJobRequest request, Map<String, String> settings, List<RequestId> askers) {
            this(request, settings, askers, false);
        }

        Submission accept() {
            return new Submission(request, settings, askers, true);
        }
    }

    private enum SessionStage {
        /** Jobs may be submitted. */
        OPEN,
        /** A client wants the end, or the one job has ended: jobs are being cancelled. */
        ENDING_JOBS,
        /** Executors are told to end. */
        ENDING_EXECUTORS,
        /** YARN is being told. */
        UNREGISTERING,
        /** The session's files are being deleted. */
        DELETING;

        /** The journal can still be asked. */
        boolean isBeforeDeletion() {
            return compareTo(DELETING) < 0;
        }
    }
}
