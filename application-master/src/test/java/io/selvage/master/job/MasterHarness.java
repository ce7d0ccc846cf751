package io.selvage.master.job;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.resource.FleetLimits;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.EdgeMessage;
import io.selvage.protocol.wire.EdgePartitioning;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.VertexMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Owned by one test: a job master under a manual clock, with a journal that confirms at once unless it is held. */
final class MasterHarness {
    static final JobId JOB = new JobId("job-a");
    static final Duration INTERVAL = Duration.ofSeconds(1);
    /** Of an executor, as it is set; it may grow to twice as much. */
    static final long MEMORY_MIB = 1_000;

    final List<MasterAction> actions = new ArrayList<>();
    final List<JournalRecord> journal = new ArrayList<>();
    final Map<ExecutorId, ConnectionId> connections = new LinkedHashMap<>();
    final Map<String, String> settings = new LinkedHashMap<>();
    JobMaster master;
    long epoch = 1;
    long nowNanos;
    boolean journalHeld;
    private Predicate<JournalRecord> heldFrom = any -> false;
    /** What the master before had deployed last. */
    private Deploy deployedBefore = Deploy.getDefaultInstance();

    private final List<AppendId> held = new ArrayList<>();
    private final List<AppendId> confirmationsHeld = new ArrayList<>();
    private int recordsReplayed;
    private int clusterNodes;
    private final int standby;
    private final boolean isForJobAlone;
    private final Map<String, String> session;
    private long nextConnection;
    private long nextRequest;

    MasterHarness() {
        this(0);
    }

    /** @param standby how many executors are kept ready */
    MasterHarness(int standby) {
        this(standby, false, Map.of(), Map.of());
    }

    /** @param session its settings, which a job's own lie above */
    static MasterHarness ofSession(Map<String, String> session) {
        return new MasterHarness(0, false, Map.of(), session);
    }

    /** An application that is for {@link #JOB} alone. */
    static MasterHarness forJobAlone() {
        return forJobAlone("selvage.checkpoint.retained", "1");
    }

    static MasterHarness forJobAlone(String key, String value) {
        return new MasterHarness(0, true, Map.of(key, value), Map.of());
    }

    private MasterHarness(int standby, boolean isForJobAlone, Map<String, String> more, Map<String, String> session) {
        this.standby = standby;
        this.isForJobAlone = isForJobAlone;
        this.session = session;
        settings.putAll(more);
        settings.put("selvage.checkpoint.interval", INTERVAL.toMillis() + "ms");
        settings.put("selvage.checkpoint.timeout", "10s");
        master = build();
        perform(master.start(0));
        tell(new MasterEvent.ResourceManagerJoined(List.of()));
    }

    private JobMaster build() {
        journal.add(JournalRecord.newBuilder()
                .setEpochStarted(EpochStarted.newBuilder().setEpoch(epoch))
                .build());
        recordsReplayed = journal.size();
        return new JobMaster(
                new SessionFacts(
                        epoch,
                        "hdfs://nn/root/app",
                        SessionDescription.getDefaultInstance(),
                        isForJobAlone ? Optional.of(submission(JOB)) : Optional.empty()),
                JournaledState.replay(journal),
                Configuration.defaults().with(session, "in the test"),
                new FleetLimits(
                        2,
                        0,
                        standby,
                        seconds(30),
                        seconds(1),
                        seconds(5),
                        seconds(60),
                        seconds(5),
                        seconds(5),
                        MEMORY_MIB,
                        2 * MEMORY_MIB),
                JobLimits.standard(),
                1_000_000,
                7);
    }

    /** The master dies, and the next attempt finds what the journal holds. Unconfirmed records are durable or not. */
    void crashMaster(boolean unconfirmedAreDurable) {
        if (!unconfirmedAreDurable) {
            int durable = journal.size() - held.size();
            journal.subList(Math.max(durable, recordsReplayed), journal.size()).clear();
        }
        held.clear();
        confirmationsHeld.clear();
        journalHeld = false;
        heldFrom = any -> false;
        connections.clear();
        if (!sent(MasterMessage::hasDeploy).isEmpty()) {
            deployedBefore = lastDeploy();
        }
        actions.clear();
        epoch++;
        master = build();
        perform(master.start(nowNanos));
    }

    void tell(MasterEvent event) {
        clusterNodes = event instanceof MasterEvent.ClusterSized sized ? sized.nodes() : clusterNodes;
        perform(master.on(event, nowNanos));
    }

    private void perform(List<MasterAction> taken) {
        for (MasterAction action : taken) {
            actions.add(action);
            if (action instanceof MasterAction.AppendToJournal append) {
                journal.add(append.record());
                journalHeld |= heldFrom.test(append.record());
                if (journalHeld) {
                    held.add(append.append());
                } else {
                    tell(new MasterEvent.JournalAppended(append.append()));
                }
            } else if (action instanceof MasterAction.ConfirmLeadership confirm) {
                if (journalHeld) {
                    confirmationsHeld.add(confirm.append());
                } else {
                    tell(new MasterEvent.JournalAppended(confirm.append()));
                }
            }
        }
    }

    /** From the next such record on the journal is held. */
    void holdFrom(Predicate<JournalRecord> kind) {
        heldFrom = kind;
    }

    void confirmHeld() {
        journalHeld = false;
        List<AppendId> confirmed = Stream.concat(held.stream(), confirmationsHeld.stream())
                .sorted(Comparator.comparingLong(AppendId::value))
                .toList();
        held.clear();
        confirmationsHeld.clear();
        confirmed.forEach(append -> tell(new MasterEvent.JournalAppended(append)));
    }

    /** What is held and was asked for first has failed, and is tried again. */
    AppendId journalWaits(String reason) {
        AppendId first = Stream.concat(held.stream(), confirmationsHeld.stream())
                .min(Comparator.comparingLong(AppendId::value))
                .orElseThrow();
        tell(new MasterEvent.JournalWaits(first, reason));
        return first;
    }

    void pass(Duration duration) {
        nowNanos += duration.toNanos();
        tell(new MasterEvent.Tick());
    }

    /** Time passes, and executors and YARN stay in touch. */
    void passAlive(Duration duration) {
        passAlive(duration, true);
    }

    /** Time passes, executors stay in touch, and YARN is away. */
    void passWithoutYarn(Duration duration) {
        passAlive(duration, false);
    }

    private void passAlive(Duration duration, boolean isYarnHeard) {
        long end = nowNanos + duration.toNanos();
        while (nowNanos < end) {
            nowNanos = Math.min(end, nowNanos + seconds(1));
            connections.forEach((executor, connection) ->
                    tell(new MasterEvent.HeartbeatReceived(executor, connection, Heartbeat.getDefaultInstance())));
            if (isYarnHeard) {
                tell(new MasterEvent.ClusterSized(clusterNodes));
            }
            tell(new MasterEvent.Tick());
        }
    }

    // ---- clients -------------------------------------------------------------------------------------------------

    RequestId submit(JobId job) {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.SubmissionRequested(request, submission(job)));
        return request;
    }

    private SubmitJobRequest submission(JobId job) {
        return SubmitJobRequest.newBuilder()
                .setJobId(job.value())
                .setName("test job")
                .setGraphPath("hdfs://nn/root/app/" + job + "/graph.pb")
                .putAllSettings(settings)
                .build();
    }

    void submitted(JobId job, int parallelism) {
        submit(job);
        tell(new MasterEvent.GraphLoaded(job, graph(parallelism)));
    }

    RequestId cancel(JobId job) {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.CancelRequested(request, job.value()));
        return request;
    }

    /** @param ofUid none: of the vertices of the highest parallelism */
    RescaleJobResponse rescale(String id, int parallelism, Map<String, Integer> ofUid) {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.RescaleRequested(
                request,
                RescaleJobRequest.newBuilder()
                        .setJobId(JOB.value())
                        .setRescaleId(id)
                        .setParallelism(parallelism)
                        .putAllOfUid(ofUid)
                        .build()));
        return (RescaleJobResponse) reply(request);
    }

    RequestId stopSession() {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.SessionStopRequested(request, "test"));
        return request;
    }

    JobDescription describe(JobId job) {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.JobsQueried(request, job.value(), true));
        return ((ListJobsResponse) reply(request)).getJobs(0);
    }

    JobPhase phase() {
        return describe(JOB).getPhase();
    }

    com.google.protobuf.Message reply(RequestId request) {
        return of(MasterAction.Reply.class, reply -> reply.request().equals(request))
                .get(0)
                .response();
    }

    // ---- executors -----------------------------------------------------------------------------------------------

    static ExecutorId executor(int number) {
        return new ExecutorId("container_" + number);
    }

    void allocate(int number) {
        allocate(number, "node" + number + ":1", MEMORY_MIB);
    }

    void allocate(int number, String node, long memoryMib) {
        tell(new MasterEvent.ContainerAllocated(executor(number), node, memoryMib));
    }

    void complete(int number, int exitStatus) {
        tell(new MasterEvent.ContainerCompleted(executor(number), exitStatus, "It ended with " + exitStatus + "."));
    }

    /** What people are told of the cluster. */
    List<String> notices() {
        RequestId request = new RequestId(++nextRequest);
        tell(new MasterEvent.SessionQueried(request, 0, 0));
        return ((SessionDescription) reply(request)).getNoticesList();
    }

    void register(int number, RunningIncarnation... running) {
        ConnectionId connection = new ConnectionId(++nextConnection);
        connections.put(executor(number), connection);
        tell(new MasterEvent.ExecutorRegistered(
                executor(number),
                connection,
                Register.newBuilder()
                        .setExecutorId(executor(number).value())
                        .setHost("host" + number)
                        .setDataPort(9000 + number)
                        .setPid(100 + number)
                        .setSlots(2)
                        .addAllRunning(List.of(running))
                        .build()));
    }

    /** What an executor that has outlived its master says of the newest incarnation. */
    RunningIncarnation stillRunning(int number, SubtaskState state, long highestCheckpointSeen) {
        Deploy deploy = lastDeploy();
        RunningIncarnation.Builder running = RunningIncarnation.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(deploy.getIncarnation())
                .setHighestCheckpointSeen(highestCheckpointSeen);
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            if (placement.getExecutorId().equals(executor(number).value())) {
                running.addSubtasks(SubtaskReport.newBuilder()
                        .setJobId(JOB.value())
                        .setIncarnation(deploy.getIncarnation())
                        .setVertex(placement.getVertex())
                        .setSubtask(placement.getSubtask())
                        .setState(state));
            }
        }
        return running.build();
    }

    void disconnect(int number) {
        ConnectionId connection = connections.remove(executor(number));
        tell(new MasterEvent.ExecutorDisconnected(executor(number), connection, "connection reset."));
    }

    ConnectionId connection(int number) {
        return connections.get(executor(number));
    }

    void report(int number, long incarnation, int vertex, int subtask, SubtaskState state, Failure failure) {
        report(JOB, number, incarnation, vertex, subtask, state, failure);
    }

    private void report(
            JobId job, int number, long incarnation, int vertex, int subtask, SubtaskState state, Failure failure) {
        tell(new MasterEvent.SubtaskReported(
                executor(number),
                connection(number),
                SubtaskReport.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setVertex(vertex)
                        .setSubtask(subtask)
                        .setState(state)
                        .setFailure(failure)
                        .build()));
    }

    /** Every subtask of the newest deployment reports that state. */
    void reportAll(SubtaskState state) {
        reportAll(JOB, state);
    }

    void reportAll(JobId job, SubtaskState state) {
        Deploy deploy = lastDeploy(job);
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            int number = number(new ExecutorId(placement.getExecutorId()));
            report(
                    job,
                    number,
                    deploy.getIncarnation(),
                    placement.getVertex(),
                    placement.getSubtask(),
                    state,
                    Failure.getDefaultInstance());
        }
    }

    /** With each subtask that it runs, of which none has any state. */
    void acknowledge(int number, long incarnation, long checkpoint) {
        acknowledge(JOB, number, incarnation, checkpoint);
    }

    void acknowledge(JobId job, int number, long incarnation, long checkpoint) {
        acknowledge(job, number, incarnation, checkpoint, placedOn(job, number).toList());
    }

    /** @param stored of the subtasks of which more is to be said */
    void acknowledge(int number, long incarnation, long checkpoint, List<SubtaskSnapshot> stored) {
        Stream<SubtaskSnapshot> others = placedOn(JOB, number)
                .filter(part -> stored.stream()
                        .noneMatch(each ->
                                each.getVertex() == part.getVertex() && each.getSubtask() == part.getSubtask()));
        acknowledge(
                JOB,
                number,
                incarnation,
                checkpoint,
                Stream.concat(stored.stream(), others).toList());
    }

    private Stream<SubtaskSnapshot> placedOn(JobId job, int number) {
        return lastDeploy(job).getSubtasksList().stream()
                .filter(placement ->
                        placement.getExecutorId().equals(executor(number).value()))
                .map(placement -> SubtaskSnapshot.newBuilder()
                        .setVertex(placement.getVertex())
                        .setSubtask(placement.getSubtask())
                        .build());
    }

    /** With nothing else. */
    void acknowledge(JobId job, int number, long incarnation, long checkpoint, List<SubtaskSnapshot> stored) {
        tell(new MasterEvent.CheckpointAcknowledgedBy(
                executor(number),
                connection(number),
                CheckpointAcknowledged.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)
                        .addAllSubtasks(stored)
                        .build()));
    }

    void decline(int number, long incarnation, long checkpoint) {
        tell(new MasterEvent.CheckpointDeclinedBy(
                executor(number),
                connection(number),
                CheckpointDeclined.newBuilder()
                        .setJobId(JOB.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)
                        .setFailure(failure(FailureKind.TRANSIENT, "HDFS is full.\n\tat of.its.Stack"))
                        .build()));
    }

    void stopped(int number, long incarnation) {
        stopped(JOB, number, incarnation);
    }

    void stopped(JobId job, int number, long incarnation) {
        tell(new MasterEvent.IncarnationStopped(
                executor(number),
                connection(number),
                Stopped.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .build()));
    }

    void metadataWritten(CheckpointKey key) {
        tell(new MasterEvent.MetadataWritten(key, "hdfs://nn/metadata-" + key.checkpoint()));
    }

    /** Two executors with two slots each, and a job of parallelism 3 that runs on both. */
    static MasterHarness running() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 3);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        return harness;
    }

    /** A checkpoint of the newest deployment, from its trigger to its completion. */
    void completeCheckpoint() {
        completeCheckpoint(JOB);
    }

    void completeCheckpoint(JobId job) {
        passAlive(INTERVAL);
        collectCheckpoint(job);
        metadataWritten(lastCollected(job));
    }

    /** The newest one of which the metadata are to be written. */
    CheckpointKey lastCollected(JobId job) {
        List<MasterAction.WriteMetadata> all =
                of(MasterAction.WriteMetadata.class, write -> write.key().job().equals(job));
        return all.get(all.size() - 1).key();
    }

    void collectCheckpoint() {
        collectCheckpoint(JOB);
    }

    void collectCheckpoint(JobId job) {
        var trigger = lastMessage(message ->
                        message.hasTrigger() && message.getTrigger().getJobId().equals(job.value()))
                .getTrigger();
        lastDeploy(job).getExecutorsList().forEach(address -> {
            ExecutorId executor = new ExecutorId(address.getExecutorId());
            acknowledge(job, number(executor), trigger.getIncarnation(), trigger.getCheckpoint());
        });
    }

    // ---- what was done -------------------------------------------------------------------------------------------

    <T extends MasterAction> List<T> of(Class<T> kind, Predicate<T> wanted) {
        return actions.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .filter(wanted)
                .toList();
    }

    <T extends MasterAction> List<T> of(Class<T> kind) {
        return of(kind, any -> true);
    }

    <T extends MasterAction> T last(Class<T> kind) {
        List<T> all = of(kind);
        return all.get(all.size() - 1);
    }

    List<MasterAction.Send> sent(Predicate<MasterMessage> wanted) {
        return of(MasterAction.Send.class, send -> wanted.test(send.message()));
    }

    MasterMessage lastMessage(Predicate<MasterMessage> wanted) {
        List<MasterAction.Send> all = sent(wanted);
        return all.get(all.size() - 1).message();
    }

    Deploy lastDeploy() {
        return sent(MasterMessage::hasDeploy).isEmpty()
                ? deployedBefore
                : lastMessage(MasterMessage::hasDeploy).getDeploy();
    }

    Deploy lastDeploy(JobId job) {
        return Stream.concat(
                        Stream.of(deployedBefore),
                        sent(MasterMessage::hasDeploy).stream()
                                .map(send -> send.message().getDeploy()))
                .filter(deploy -> deploy.getJobId().equals(job.value()))
                .reduce((before, after) -> after)
                .orElse(Deploy.getDefaultInstance());
    }

    List<JournalRecord> journaled(Predicate<JournalRecord> wanted) {
        return journal.stream().filter(wanted).toList();
    }

    int requestedContainers() {
        return of(MasterAction.RequestContainers.class).stream()
                        .mapToInt(MasterAction.RequestContainers::count)
                        .sum()
                - of(MasterAction.WithdrawRequests.class).stream()
                        .mapToInt(MasterAction.WithdrawRequests::count)
                        .sum();
    }

    static Failure failure(FailureKind kind, String message) {
        return Failure.newBuilder().setKind(kind).setMessage(message).build();
    }

    static JobGraphMessage graph(int parallelism) {
        return JobGraphMessage.newBuilder()
                .setName("test job")
                .setMaxParallelism(128)
                .addVertices(vertex(1, 1, OperatorRole.SOURCE_PLANNER))
                .addVertices(vertex(2, parallelism, OperatorRole.SOURCE_READER))
                .addVertices(vertex(3, parallelism, OperatorRole.SINK))
                .addEdges(edge(1, 2))
                .addEdges(edge(2, 3))
                .build();
    }

    /** {@link #graph}, and beside it, without an edge between them, a pipeline with vertices 4, 5 and 6. */
    static JobGraphMessage twoRegions(int parallelism, int ofSecond) {
        return graph(parallelism).toBuilder()
                .addVertices(vertex(4, 1, OperatorRole.SOURCE_PLANNER))
                .addVertices(vertex(5, ofSecond, OperatorRole.SOURCE_READER))
                .addVertices(vertex(6, ofSecond, OperatorRole.SINK))
                .addEdges(edge(4, 5))
                .addEdges(edge(5, 6))
                .build();
    }

    private static EdgeMessage edge(int from, int to) {
        return EdgeMessage.newBuilder()
                .setId(from)
                .setFrom(from)
                .setTo(to)
                .setPartitioning(EdgePartitioning.REBALANCE)
                .build();
    }

    private static VertexMessage vertex(int id, int parallelism, OperatorRole role) {
        return VertexMessage.newBuilder()
                .setId(id)
                .setName("vertex " + id)
                .setParallelism(parallelism)
                .addOperators(OperatorMessage.newBuilder().setUid("o" + id).setRole(role))
                .build();
    }

    static int number(ExecutorId executor) {
        return Integer.parseInt(executor.value().substring("container_".length()));
    }

    static long seconds(long count) {
        return Duration.ofSeconds(count).toNanos();
    }
}
