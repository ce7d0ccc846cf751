package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Vertex;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.CutKind;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.ExecutorAddress;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.HeartbeatEcho;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.Registered;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.task.network.CuttableWire;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Owned by the test's thread: runs one job on executors in this process, with the faults that a script asks for. */
final class ScriptedMaster implements AutoCloseable {
    /** What goes wrong. */
    enum Fault {
        REDEPLOY,
        KILL_EXECUTOR,
        MASTER_DIES,
        LOSE_COMPLETION,
        ABORT_CHECKPOINT,
        FUNCTION_THROWS,
        /** A byte is changed on its way to an executor, if these encrypt. */
        DAMAGE
    }

    static final long CHECKPOINT_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(15);
    private static final long SILENCE_SECONDS = 20;
    private static final int MOST_DEAD = 8; // That may still be ending.

    private final JobId job;
    private final List<JobGraph> graphs; // One incarnation has the first, the next one the next, and so on.
    private JobGraph graph;
    private final DurableStore store;
    private final Path directory;
    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final CheckpointStore checkpoints;
    private final String jobDirectory;
    private final BlockingQueue<LocalExecutor.Said> said = new LinkedBlockingQueue<>();
    private final List<LocalExecutor> executors = new ArrayList<>();
    private final List<LocalExecutor> dead = new ArrayList<>();
    private final List<LocalExecutor> standbys = new ArrayList<>();
    private final Map<String, Long> followed = new HashMap<>(); // By standby.
    private final Map<String, Figures> figuresBefore = new HashMap<>();
    private final boolean isEncrypted;
    private final Map<LocalExecutor, CuttableWire> wires = new HashMap<>(); // To executors whose data is encrypted.
    private int executorNumber;

    private long epoch = 1;
    private long incarnation;
    private final Map<String, SubtaskState> states = new HashMap<>();
    private final Map<Integer, Long> since = new HashMap<>(); // By vertex: the incarnation that has started it.
    private Set<Integer> carried = Set.of(); // Vertices of the newest incarnation that were not started in it.
    final Map<String, SubtaskCounters> counters = new HashMap<>(); // The newest of each subtask.
    int heartbeats; // That have come from any executor.
    private long lastCheckpoint;
    private long pendingCheckpoint;
    private boolean pendingTerminal;
    private CutKind pendingKind = CutKind.CUT_FOR_CHECKPOINT;
    /**
     * Not null: now and then a savepoint takes the turn of a checkpoint, or a stop that is given up once it is stored.
     */
    @Nullable
    SplittableRandom savepoints;

    /** Not null: every second checkpoint is aborted when all of it is stored. */
    @Nullable
    SplittableRandom abortsOften;

    /**
     * Not null: in {@link #run}, each executor hears the master late, and each by another time. Barriers come through
     * the data plane, and may be ahead of what was said before them.
     */
    @Nullable
    SplittableRandom slowLinks;

    private final Map<LocalExecutor, Deque<Late>> late = new HashMap<>();

    /** A message on its way to an executor. */
    private record Late(MasterMessage message, long dueNanos) {}

    int savepointsTaken;
    int stopsGivenUp;
    private long pendingSince;
    private final Set<String> placed = new HashSet<>(); // Executors with subtasks.
    private final Set<String> acknowledged = new HashSet<>();
    private final List<SubtaskSnapshot> snapshots = new ArrayList<>();
    private long completedCheckpoint;
    private String completedMetadata = "";
    private ByteString completedBytes = ByteString.EMPTY;
    private boolean isInline = true; // Whether a deployment carries the metadata.
    private boolean loseCompletion;
    private boolean isAdopting;
    private boolean completedTerminal;
    private long completedIncarnation;
    private final Map<String, RunningIncarnation> registered = new HashMap<>();
    int adoptions;
    /** A failing function, and an executor that is lost, restart the connected parts of the graph that they hit. */
    boolean restartsParts;

    Map<String, String> settings = Map.of(); // The job's.
    Set<Fault> kinds = EnumSet.range(Fault.REDEPLOY, Fault.FUNCTION_THROWS);
    int partialRestarts;
    private boolean hasRun; // Every subtask of some incarnation has.
    final Map<Fault, Integer> injected = new HashMap<>();
    int completed;
    final List<Long> durationsNanos = new ArrayList<>(); // Of completed checkpoints.
    int builtOnAborted; // Completed checkpoints that have files of aborted ones.
    int overtaken; // Parts of completed checkpoints, by subtask, that hold elements under way.
    int restarts;
    int losses;
    int rewound; // Without a loss.
    long kept;
    long taken;
    final List<String> declined = new ArrayList<>();
    final List<Failure> failures = new ArrayList<>();

    ScriptedMaster(List<JobGraph> graphs, String jobName, DurableStore store, Path directory, int executorCount)
            throws IOException {
        this(graphs, jobName, store, directory, executorCount, 0);
    }

    ScriptedMaster(
            List<JobGraph> graphs,
            String jobName,
            DurableStore store,
            Path directory,
            int executorCount,
            int standbyCount)
            throws IOException {
        this(graphs, jobName, store, directory, executorCount, standbyCount, false);
    }

    /** @param isEncrypted whether data is between executors; then it goes over wires that can damage it */
    ScriptedMaster(
            List<JobGraph> graphs,
            String jobName,
            DurableStore store,
            Path directory,
            int executorCount,
            int standbyCount,
            boolean isEncrypted)
            throws IOException {
        this.isEncrypted = isEncrypted;
        this.job = new JobId(jobName);
        this.graphs = List.copyOf(graphs);
        this.graph = graphs.get(0);
        this.store = store;
        this.directory = directory;
        this.checkpoints = new CheckpointStore(store);
        this.jobDirectory = store.qualify("app/" + job);
        for (int i = 0; i < graphs.size(); i++) {
            store.putIfAbsent(
                    "app/" + job + "/graph-" + i + ".pb",
                    GraphCodec.toMessage(graphs.get(i)).toByteArray());
        }
        for (int i = 0; i < executorCount; i++) {
            executors.add(newExecutor());
        }
        for (int i = 0; i < standbyCount; i++) {
            standbys.add(newExecutor());
        }
    }

    private LocalExecutor newExecutor() throws IOException {
        LocalExecutor executor =
                new LocalExecutor("executor-" + ++executorNumber, store, directory, identity, isEncrypted, said);
        if (isEncrypted) {
            wires.put(executor, new CuttableWire(executor.dataPlane.dataPort(), true));
        }
        return executor;
    }

    /** The others stay where they are, and so do their subtasks. */
    private LocalExecutor lose(int index) throws IOException, InterruptedException {
        LocalExecutor victim = executors.get(index);
        late.remove(victim);
        victim.kill(job);
        dead.add(victim);
        if (dead.size() > MOST_DEAD) {
            LocalExecutor buried = dead.remove(0); // Its subtasks have ended by now.
            buried.end(job);
            buried.close();
        }
        if (standbys.isEmpty()) {
            executors.set(index, newExecutor());
        } else {
            executors.set(index, standbys.remove(0));
            standbys.add(newExecutor());
        }
        return victim;
    }

    /** Tells the standbys of the newest completed checkpoint. */
    private void follow() {
        MasterMessage message = MasterMessage.newBuilder()
                .setEpoch(epoch)
                .setFollow(Follow.newBuilder()
                        .setJobId(job.value())
                        .putAllSettings(settings)
                        .setJobName(graph.name())
                        .setGraphPath(graphPath())
                        .setJobDirectory(jobDirectory)
                        .setCheckpoint(completedCheckpoint)
                        .setMetadataPath(completedMetadata)
                        .setMetadata(isInline ? completedBytes : ByteString.EMPTY))
                .build();
        standbys.forEach(standby -> tell(standby, message));
    }

    private String graphPath() {
        return jobDirectory + "/graph-" + graphs.indexOf(graph) + ".pb";
    }

    /**
     * Runs the job to its end, and on the way makes executors die, or all start anew, as soon as a checkpoint has
     * completed and the standbys hold it. What runs on then must not have read keyed state from the store.
     */
    void runLosing(SplittableRandom random, int faults) throws Exception {
        EventSource.HELD.add(job.value());
        deploy();
        int left = faults;
        boolean isRecovering = false;
        while (!allAre(SubtaskState.SUBTASK_FINISHED)) {
            LocalExecutor.Said message = said.poll(1, TimeUnit.MILLISECONDS);
            if (message != null) {
                handle(message);
            }
            if (isRecovering && allAtLeast(SubtaskState.SUBTASK_RUNNING)) {
                isRecovering = false;
                requireNothingWasRead();
            }
            boolean isReady = !isRecovering
                    && completedIncarnation == incarnation
                    && allAtLeast(SubtaskState.SUBTASK_RUNNING)
                    && !states.containsValue(SubtaskState.SUBTASK_FINISHED)
                    && !completedTerminal
                    && haveStandbysFollowed();
            if (left > 0 && isReady) {
                left--;
                isRecovering = true;
                pendingCheckpoint = 0;
                isInline = random.nextBoolean();
                rememberFigures();
                if (random.nextInt(4) == 0) {
                    deploy();
                    rewound++;
                } else {
                    awaitReportOfLoss(lose(random.nextInt(executors.size())));
                    deploy();
                    losses++;
                }
            }
            // However slow standbys are, they are given the time to follow; not for ever, as one may have failed to.
            if (haveStandbysFollowed() || System.nanoTime() - pendingSince > TimeUnit.SECONDS.toNanos(1)) {
                triggerIfDue();
            }
            if (left == 0) {
                EventSource.HELD.remove(job.value());
            }
        }
    }

    private boolean haveStandbysFollowed() {
        return standbys.stream().allMatch(each -> followed.getOrDefault(each.id.value(), 0L) == completedCheckpoint);
    }

    private void rememberFigures() {
        figuresBefore.clear();
        executors.forEach(each -> figuresBefore.put(each.id.value(), Figures.of(each)));
        standbys.forEach(each -> figuresBefore.put(each.id.value(), Figures.of(each)));
    }

    /** One survivor at least says who is gone, before anybody else does. */
    private void awaitReportOfLoss(LocalExecutor victim) throws Exception {
        while (true) {
            LocalExecutor.Said heard = said.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
            if (heard == null) {
                throw new AssertionError("nobody says that " + victim.id + " is gone");
            }
            if (heard.message().hasRegister()) {
                handle(heard);
            }
            SubtaskReport report = heard.message().getSubtask();
            if (report.getState() == SubtaskState.SUBTASK_FAILED && report.getIncarnation() == incarnation) {
                assertThat(report.getFailure().getKind())
                        .as("%s", report.getFailure())
                        .isEqualTo(FailureKind.EXECUTOR_LOST);
                assertThat(report.getFailure().getExecutorId()).isEqualTo(victim.id.value());
                return;
            }
        }
    }

    private void requireNothingWasRead() {
        for (LocalExecutor executor : executors) {
            Figures before = figuresBefore.get(executor.id.value());
            Figures now = Figures.of(executor);
            assertThat(now.segments())
                    .as(
                            "segments of keyed state that %s has read; states kept, followed and read: %s, now %s",
                            executor.id, before, now)
                    .isEqualTo(before.segments());
            kept += now.kept() - before.kept();
            taken += now.followed() - before.followed();
        }
    }

    private record Figures(long kept, long followed, long read, long segments) {
        static Figures of(LocalExecutor executor) {
            RestoreFigures figures = executor.figures();
            return new Figures(figures.kept(), figures.followed(), figures.read(), figures.segments());
        }
    }

    /** Runs the job to its end. @param faults how many to inject */
    void run(SplittableRandom random, int faults, Runnable failFunctionOnce) throws Exception {
        run(random, faults, failFunctionOnce, () -> true);
    }

    /** @param isEnough before that, and before all faults have come, a source that the job holds does not end */
    void run(SplittableRandom random, int faults, Runnable failFunctionOnce, BooleanSupplier isEnough)
            throws Exception {
        EventSource.HELD.add(job.value());
        deploy();
        int left = faults;
        long nextFault = System.nanoTime() + nextPause(random);
        while (!allAre(SubtaskState.SUBTASK_FINISHED)) {
            LocalExecutor.Said message = said.poll(1, TimeUnit.MILLISECONDS);
            if (message != null) {
                handle(message);
            }
            tellLate();
            hasRun |= allAtLeast(SubtaskState.SUBTASK_RUNNING);
            boolean mayFail = hasRun || !restartsParts;
            if (mayFail && left > 0 && System.nanoTime() - nextFault > 0) {
                left--;
                Fault fault = List.copyOf(kinds).get(random.nextInt(kinds.size()));
                injected.merge(fault, 1, Integer::sum);
                inject(fault, random, failFunctionOnce);
                nextFault = System.nanoTime() + nextPause(random);
            }
            triggerIfDue();
            if (left == 0 && isEnough.getAsBoolean()) {
                EventSource.HELD.remove(job.value());
            }
        }
    }

    private void triggerIfDue() {
        if (!isAdopting && pendingCheckpoint == 0 && allAtLeast(SubtaskState.SUBTASK_RUNNING)) {
            if (allAre(SubtaskState.SUBTASK_DRAINED) && !isTerminalComplete()) {
                trigger(true);
            } else if (System.nanoTime() - pendingSince > CHECKPOINT_INTERVAL_NANOS
                    && !states.containsValue(SubtaskState.SUBTASK_FINISHED)
                    && !isTerminalComplete()) {
                trigger(false);
            }
        }
        if (pendingCheckpoint != 0 && System.nanoTime() - pendingSince > TimeUnit.SECONDS.toNanos(SILENCE_SECONDS)) {
            throw new AssertionError("checkpoint " + pendingCheckpoint + " is stuck: acknowledged by " + acknowledged
                    + ", states " + states + ", failures " + failures);
        }
    }

    private boolean isTerminalComplete() {
        return completedTerminal && completedIncarnation == incarnation;
    }

    private static long nextPause(SplittableRandom random) {
        return TimeUnit.MILLISECONDS.toNanos(20 + random.nextInt(150));
    }

    private void inject(Fault fault, SplittableRandom random, Runnable failFunctionOnce) throws Exception {
        switch (fault) {
            case REDEPLOY -> deploy();
            case KILL_EXECUTOR -> {
                int lost = random.nextInt(executors.size());
                Set<Integer> spared = spared(vertex -> runsOn(vertex, lost));
                lose(lost);
                isInline = random.nextBoolean();
                deploy(spared);
            }
            case MASTER_DIES -> {
                epoch++;
                pendingCheckpoint = 0;
                pendingSince = System.nanoTime();
                registered.clear();
                isAdopting = true;
                late.clear();
                executors.forEach(LocalExecutor::changeMaster);
                standbys.forEach(LocalExecutor::changeMaster);
            }
            case LOSE_COMPLETION -> loseCompletion = true;
            case ABORT_CHECKPOINT -> abort();
            case FUNCTION_THROWS -> failFunctionOnce.run();
            case DAMAGE ->
                wires.get(executors.get(random.nextInt(executors.size()))).flipNext();
        }
    }

    /** Takes over what runs once every executor has said so, or starts anew. */
    private void onRegister(LocalExecutor from, Register register) {
        tell(
                from,
                MasterMessage.newBuilder()
                        .setEpoch(epoch)
                        .setRegistered(Registered.newBuilder()
                                .setHeartbeatIntervalMillis(100)
                                .setHeartbeatTimeoutMillis(60_000))
                        .build());
        if (!isAdopting) {
            return;
        }
        register.getRunningList().forEach(running -> registered.put(from.id.value(), running));
        if (register.getRunningCount() == 0 && placed.contains(from.id.value())) {
            deploy();
        } else if (registered.keySet().containsAll(placed)) {
            adopt();
        }
    }

    private void adopt() {
        boolean isWhole = registered.values().stream()
                .allMatch(running -> running.getIncarnation() == incarnation
                        && !running.getEnding()
                        && running.getSubtasksList().stream()
                                .allMatch(subtask -> subtask.getState() != SubtaskState.SUBTASK_FAILED));
        if (!isWhole) {
            deploy();
            return;
        }
        isAdopting = false;
        adoptions++;
        registered.values().forEach(running -> {
            running.getSubtasksList().forEach(this::onReport);
            lastCheckpoint = Math.max(lastCheckpoint, running.getHighestCheckpointSeen());
        });
        if (completedCheckpoint > 0 && completedIncarnation == incarnation) {
            tellAll(MasterMessage.newBuilder()
                    .setComplete(CompleteCheckpoint.newBuilder()
                            .setJobId(job.value())
                            .setIncarnation(incarnation)
                            .setCheckpoint(completedCheckpoint)
                            .setTerminal(completedTerminal)));
        }
        if (lastCheckpoint > 0) {
            tellAll(MasterMessage.newBuilder()
                    .setAbort(AbortCheckpoint.newBuilder()
                            .setJobId(job.value())
                            .setIncarnation(incarnation)
                            .setCheckpoint(lastCheckpoint)));
        }
    }

    private void deploy() {
        deploy(Set.of());
    }

    private boolean runsOn(int vertex, int executor) {
        return graph.vertex(vertex).parallelism() > executor;
    }

    /** Vertices that nothing connects with one that is hit, and that run as far as is known. */
    private Set<Integer> spared(IntPredicate isHit) {
        Set<Integer> spared = new TreeSet<>();
        if (!restartsParts || isAdopting || isTerminalComplete() || graphs.size() > 1) {
            return spared;
        }
        Set<Integer> hit = new TreeSet<>();
        for (Vertex vertex : graph.vertices()) {
            boolean isWell = true;
            for (int index = 0; index < vertex.parallelism(); index++) {
                SubtaskState state =
                        states.getOrDefault(vertex.id() + "." + index, SubtaskState.SUBTASK_STATE_UNSPECIFIED);
                isWell &= state == SubtaskState.SUBTASK_RUNNING
                        || state == SubtaskState.SUBTASK_DRAINED
                        || state == SubtaskState.SUBTASK_STATE_UNSPECIFIED && carried.contains(vertex.id());
            }
            if (!isWell || isHit.test(vertex.id())) {
                hit.add(vertex.id());
            }
        }
        for (int i = 0; i < graph.vertices().size(); i++) {
            for (Edge edge : graph.edges()) {
                if (hit.contains(edge.from()) || hit.contains(edge.to())) {
                    hit.add(edge.from());
                    hit.add(edge.to());
                }
            }
        }
        graph.vertices().stream()
                .map(Vertex::id)
                .filter(id -> !hit.contains(id))
                .forEach(spared::add);
        return spared;
    }

    private void deploy(Set<Integer> spared) {
        graph = graphs.get((int) (incarnation % graphs.size()));
        carried = spared;
        partialRestarts += spared.isEmpty() ? 0 : 1;
        isAdopting = false;
        incarnation++;
        restarts++;
        pendingCheckpoint = 0;
        pendingSince = System.nanoTime();
        loseCompletion = false;
        states.clear();
        placed.clear();
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(job.value())
                .putAllSettings(settings)
                .setIncarnation(incarnation)
                .setJobName(graph.name())
                .setGraphPath(graphPath())
                .setRestoreCheckpoint(completedCheckpoint)
                .setRestoreMetadataPath(completedMetadata)
                .setMetadata(isInline ? completedBytes : ByteString.EMPTY)
                .setLastCheckpoint(lastCheckpoint)
                .setJobDirectory(jobDirectory);
        for (LocalExecutor executor : executors) {
            deploy.addExecutors(ExecutorAddress.newBuilder()
                    .setExecutorId(executor.id.value())
                    .setHost("127.0.0.1")
                    .setDataPort(dataPort(executor)));
        }
        for (Vertex vertex : graph.vertices()) {
            boolean goesOn = spared.contains(vertex.id());
            if (!goesOn) {
                since.put(vertex.id(), incarnation);
            }
            for (int index = 0; index < vertex.parallelism(); index++) {
                String executor = executors.get(index % executors.size()).id.value();
                placed.add(executor);
                deploy.addSubtasks(SubtaskPlacement.newBuilder()
                        .setVertex(vertex.id())
                        .setSubtask(index)
                        .setExecutorId(executor)
                        .setSince(goesOn ? since.get(vertex.id()) : 0));
                states.put(vertex.id() + "." + index, SubtaskState.SUBTASK_STATE_UNSPECIFIED);
            }
        }
        tellAll(MasterMessage.newBuilder().setDeploy(deploy));
        follow();
    }

    private int dataPort(LocalExecutor executor) {
        return isEncrypted ? wires.get(executor).port() : executor.dataPlane.dataPort();
    }

    /** How many bytes were changed on their way. */
    int damaged() {
        return wires.values().stream().mapToInt(CuttableWire::flipped).sum();
    }

    /** Whether that went over any wire to an executor. */
    boolean wasHeard(String text) {
        return wires.values().stream().anyMatch(wire -> wire.heard().contains(text));
    }

    private void tellAll(MasterMessage.Builder message) {
        MasterMessage built = message.setEpoch(epoch).build();
        executors.forEach(executor -> tell(executor, built));
    }

    private void tell(LocalExecutor executor, MasterMessage message) {
        SplittableRandom dice = slowLinks;
        if (dice == null) {
            executor.tell(message);
        } else {
            late.computeIfAbsent(executor, any -> new ArrayDeque<>())
                    .add(new Late(message, System.nanoTime() + dice.nextLong(CHECKPOINT_INTERVAL_NANOS)));
        }
    }

    private void tellLate() {
        long nowNanos = System.nanoTime();
        late.forEach((executor, messages) -> {
            while (!messages.isEmpty() && nowNanos - messages.peek().dueNanos() >= 0) {
                executor.tell(messages.remove().message());
            }
        });
    }

    private void handle(LocalExecutor.Said heard) throws IOException {
        LocalExecutor from = heard.executor();
        if (!executors.contains(from) && !standbys.contains(from) || heard.link() != from.link) {
            return;
        }
        ExecutorMessage message = heard.message();
        switch (message.getMessageCase()) {
            case REGISTER -> onRegister(from, message.getRegister());
            case HEARTBEAT -> {
                heartbeats++;
                message.getHeartbeat()
                        .getCountersList()
                        .forEach(each -> counters.put(each.getVertex() + "." + each.getSubtask(), each));
                tell(
                        from,
                        MasterMessage.newBuilder()
                                .setEpoch(epoch)
                                .setHeartbeat(HeartbeatEcho.newBuilder()
                                        .setSequence(message.getHeartbeat().getSequence()))
                                .build());
            }
            case SUBTASK -> onReport(message.getSubtask());
            case CHECKPOINT_ACKNOWLEDGED -> onAcknowledged(from, message.getCheckpointAcknowledged());
            case FOLLOWING ->
                followed.put(from.id.value(), message.getFollowing().getCheckpoint());
            case CHECKPOINT_DECLINED -> {
                declined.add(message.getCheckpointDeclined().getFailure().getMessage());
                if (message.getCheckpointDeclined().getIncarnation() == incarnation
                        && message.getCheckpointDeclined().getCheckpoint() == pendingCheckpoint) {
                    abort();
                }
            }
            case STOPPED, THREADS, MESSAGE_NOT_SET -> {}
        }
    }

    private void onReport(SubtaskReport report) {
        if (report.getIncarnation() != incarnation) {
            return;
        }
        if (report.getState() == SubtaskState.SUBTASK_FAILED) {
            failures.add(report.getFailure());
            deploy(spared(vertex -> vertex == report.getVertex()));
            return;
        }
        // What was said at registration may be older than what has come since.
        states.merge(
                report.getVertex() + "." + report.getSubtask(),
                report.getState(),
                (before, now) -> now.getNumber() > before.getNumber() ? now : before);
    }

    private void trigger(boolean terminal) {
        pendingCheckpoint = ++lastCheckpoint;
        pendingTerminal = terminal;
        pendingSince = System.nanoTime();
        acknowledged.clear();
        snapshots.clear();
        SplittableRandom dice = savepoints;
        boolean isSavepoint = dice != null && !terminal && dice.nextInt(2) == 0;
        pendingKind = !isSavepoint
                ? CutKind.CUT_FOR_CHECKPOINT
                : savepointsTaken % 2 == 0 ? CutKind.CUT_FOR_STOP : CutKind.CUT_FOR_SAVEPOINT;
        tellAll(MasterMessage.newBuilder()
                .setTrigger(TriggerCheckpoint.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(pendingCheckpoint)
                        .setTerminal(terminal)
                        .setKind(pendingKind)
                        .setSavepointDirectory(
                                isSavepoint ? savepointDirectory().directory() : "")));
    }

    private SavepointLayout savepointDirectory() {
        return SavepointLayout.of(
                store.qualify("savepoints"),
                job,
                new SavepointId(String.format("%06x%06x", incarnation, pendingCheckpoint)));
    }

    /** It is whole, it stands alone, and for tasks its number is settled as if it had been aborted. */
    private void onSavepointCollected(CheckpointMetadata metadata) throws IOException {
        SavepointLayout layout = savepointDirectory();
        String path = checkpoints.writeSavepoint(
                layout, metadata.toBuilder().setSavepoint(true).build());
        CheckpointMetadata read = checkpoints.readMetadata(path);
        assertThat(checkpoints.missingFiles(read)).isEmpty();
        for (SubtaskSnapshot subtask : read.getSubtasksList()) {
            for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                assertThat(operator.getKeyedStateCount()).isLessThan(2);
                assertThat(operator.getKeyedStateList())
                        .allMatch(segment -> (segment.getFile().startsWith(layout.directory() + "/")
                                        || !segment.getContent().isEmpty())
                                && segment.getCheckpoint() == metadata.getCheckpoint());
            }
        }
        savepointsTaken++;
        stopsGivenUp += pendingKind == CutKind.CUT_FOR_STOP ? 1 : 0;
        abort();
    }

    private void abort() {
        if (pendingCheckpoint != 0) {
            tellAll(MasterMessage.newBuilder()
                    .setAbort(AbortCheckpoint.newBuilder()
                            .setJobId(job.value())
                            .setIncarnation(incarnation)
                            .setCheckpoint(pendingCheckpoint)));
            pendingCheckpoint = 0;
        }
    }

    private void onAcknowledged(LocalExecutor from, CheckpointAcknowledged message) throws IOException {
        if (message.getIncarnation() != incarnation || message.getCheckpoint() != pendingCheckpoint) {
            return;
        }
        snapshots.addAll(message.getSubtasksList());
        acknowledged.add(from.id.value());
        if (acknowledged.size() < placed.size()) {
            return;
        }
        long checkpoint = pendingCheckpoint;
        CheckpointMetadata metadata = CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId(job.value())
                .setCheckpoint(checkpoint)
                .setIncarnation(incarnation)
                .setEpoch(epoch)
                .setMaxParallelism(graph.maxParallelism())
                .setTerminal(pendingTerminal)
                .addAllSubtasks(snapshots)
                .build();
        if (pendingKind != CutKind.CUT_FOR_CHECKPOINT) {
            onSavepointCollected(metadata);
            return;
        }
        SplittableRandom dice = abortsOften;
        if (dice != null && !pendingTerminal && dice.nextBoolean()) {
            abort(); // As if its metadata could not be written.
            return;
        }
        pendingCheckpoint = 0;
        CheckpointLayout layout = new CheckpointLayout(jobDirectory);
        completedMetadata = checkpoints.writeMetadata(layout, metadata);
        assertThat(checkpoints.missingFiles(metadata))
                .as("files of checkpoint %s that are missing", checkpoint)
                .isEmpty();
        Set<CheckpointId> kept = CheckpointStore.segmentsInFiles(snapshots)
                .map(segment -> new CheckpointId(segment.getCheckpoint()))
                .collect(Collectors.toSet());
        builtOnAborted +=
                kept.stream().anyMatch(each -> each.value() > completedCheckpoint && each.value() < checkpoint) ? 1 : 0;
        checkpoints.deleteBetween(layout, 0, new CheckpointId(checkpoint), kept);
        completedBytes = metadata.toByteString();
        completedCheckpoint = checkpoint;
        completedTerminal = pendingTerminal;
        completedIncarnation = incarnation;
        completed++;
        durationsNanos.add(System.nanoTime() - pendingSince);
        overtaken +=
                (int) snapshots.stream().filter(SubtaskSnapshot::hasChannels).count();
        if (loseCompletion) {
            deploy();
            return;
        }
        tellAll(MasterMessage.newBuilder()
                .setComplete(CompleteCheckpoint.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)
                        .setTerminal(pendingTerminal)));
        follow();
    }

    private boolean allAre(SubtaskState state) {
        return states.values().stream().allMatch(each -> each == state);
    }

    private boolean allAtLeast(SubtaskState state) {
        return states.values().stream().allMatch(each -> each.getNumber() >= state.getNumber());
    }

    @Nullable
    Failure lastFailure() {
        return failures.isEmpty() ? null : failures.get(failures.size() - 1);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        List<LocalExecutor> all = new ArrayList<>(executors);
        all.addAll(standbys);
        all.addAll(dead);
        all.forEach(executor -> executor.end(job));
        for (LocalExecutor executor : all) {
            executor.close();
        }
        for (CuttableWire wire : wires.values()) {
            wire.close();
        }
    }
}
