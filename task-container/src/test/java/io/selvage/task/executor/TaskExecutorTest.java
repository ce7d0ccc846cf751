package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.backend.LocalDiskException;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Drill;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.HeartbeatEcho;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Registered;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.Shutdown;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.protocol.wire.Unfollow;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The executor stepped by the test's thread, with a manual clock; its subtasks have threads of their own. */
@Timeout(60)
class TaskExecutorTest {
    private static final String JOB = "job-stepped";

    @TempDir
    Path directory;

    private final AtomicLong nanos = new AtomicLong(1);
    private final BlockingQueue<ExecutorEvent> inbox = new LinkedBlockingQueue<>();
    private final List<ExecutorMessage> sent = new ArrayList<>();
    private final List<String> exits = new ArrayList<>();
    private final List<String> signals = new ArrayList<>();
    private final List<String> released = new ArrayList<>();
    private final List<Runnable> heldUploads = new ArrayList<>();
    private boolean holdsUploads;
    private final List<BooleanSupplier> warmUps = new ArrayList<>(); // Whether each is to end.
    private final MasterLink link = new MasterLink() {
        @Override
        public void send(ExecutorMessage message) {
            sent.add(message);
        }

        @Override
        public void close(String reason) {
            inbox.add(new ExecutorEvent.Disconnected(this, reason));
        }
    };
    private DurableStore store;
    private TaskExecutor executor;

    @BeforeEach
    void start() throws Exception {
        store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        var graph = ExactlyOnceTest.graph(new EventSource(100, 1_000_000, 10, 10), JOB, 1, 1, 1000);
        store.putIfAbsent("graph.pb", GraphCodec.toMessage(graph).toByteArray());
        var two = ExactlyOnceTest.twoPipelines(new EventSource(100, 1_000_000, 10, 10), JOB, 1, 1000);
        store.putIfAbsent("two.pb", GraphCodec.toMessage(two).toByteArray());
        ExecutorSettings settings = new ExecutorSettings(
                new ExecutorId("executor-1"), "host", 1, 7, "node:1", "", Duration.ofSeconds(60), directory, 1 << 20);
        ExecutorServices services = new ExecutorServices(
                store,
                io.selvage.protocol.config.Configuration.defaults(),
                new NoTransport(released),
                new StateBackends(
                        KeyedBackends.HEAP, () -> new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20)),
                Runnable::run,
                this::upload,
                nanos::get,
                TaskExecutorTest.class.getClassLoader(),
                (code, reason) -> exits.add(code.name()),
                (signal, processId) -> signals.add(signal + " " + processId));
        JobPreparation preparation =
                new JobPreparation(store, new JobPrograms(store, directory, TaskExecutorTest.class.getClassLoader()));
        executor = new TaskExecutor(
                settings, services, inbox::add, preparation, (follow, program, isUnneeded) -> warmUps.add(isUnneeded));
    }

    private void upload(Runnable task) {
        if (holdsUploads) {
            heldUploads.add(task);
        } else {
            task.run();
        }
    }

    /** All subtasks are in one process here. */
    private record NoTransport(List<String> released) implements ExchangeTransport {
        @Override
        public int dataPort() {
            return 4711;
        }

        @Override
        public long refused() {
            return 17;
        }

        @Override
        public OutputChannel openOutput(
                ChannelDefinition definition,
                ExecutorAddress receiver,
                Wakeup wakeup,
                ChannelFailureListener failures) {
            throw new IllegalStateException("not expected");
        }

        @Override
        public InputChannel registerInput(
                ChannelDefinition definition, Wakeup wakeup, ChannelFailureListener failures) {
            throw new IllegalStateException("not expected");
        }

        @Override
        public void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
            released.add(job + "/" + incarnation + (goingOn.isEmpty() ? "" : " but " + new TreeMap<>(goingOn)));
        }

        @Override
        public void close() {}
    }

    @Test
    void leavesMasterThatDoesNotRegisterIt() {
        executor.on(new ExecutorEvent.Connected(link));
        nanos.addAndGet(TaskExecutor.REGISTRATION_LIMIT_NANOS - 1);
        executor.onTime(nanos.get());
        assertThat(inbox).isEmpty();
        nanos.addAndGet(1);
        executor.onTime(nanos.get());
        assertThat(inbox).singleElement().isInstanceOf(ExecutorEvent.Disconnected.class);
        assertThat(exits).isEmpty();
    }

    @Test
    void tellsTheNextMasterSinceWhenItHasMissedTheOneBefore() {
        connect(1);
        assertThat(sent.get(0).getRegister().getMasterlessSinceMillis()).isZero();
        long fromMillis = System.currentTimeMillis();
        executor.on(new ExecutorEvent.Disconnected(link, "broken"));
        long toMillis = System.currentTimeMillis();
        executor.on(new ExecutorEvent.Connected(link));
        executor.on(new ExecutorEvent.Disconnected(link, "that was not the next one"));
        executor.on(new ExecutorEvent.Connected(link));
        assertThat(sent.get(2).getRegister().getMasterlessSinceMillis()).isBetween(fromMillis, toMillis);
    }

    private void connect(long epoch) {
        executor.on(new ExecutorEvent.Connected(link));
        tell(
                epoch,
                MasterMessage.newBuilder()
                        .setRegistered(Registered.newBuilder()
                                .setHeartbeatIntervalMillis(1000)
                                .setHeartbeatTimeoutMillis(5000)));
    }

    private void tell(long epoch, MasterMessage.Builder message) {
        executor.on(new ExecutorEvent.FromMaster(link, message.setEpoch(epoch).build()));
    }

    private static MasterMessage.Builder deploy(long incarnation) {
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(JOB)
                .setIncarnation(incarnation)
                .setGraphPath("graph.pb")
                .setJobDirectory("app/" + JOB);
        for (int vertex = 1; vertex <= 3; vertex++) {
            deploy.addSubtasks(SubtaskPlacement.newBuilder().setVertex(vertex).setExecutorId("executor-1"));
        }
        return MasterMessage.newBuilder().setDeploy(deploy);
    }

    private static MasterMessage.Builder stop(long incarnation) {
        return MasterMessage.newBuilder()
                .setStop(StopIncarnation.newBuilder().setJobId(JOB).setIncarnation(incarnation));
    }

    /** Handles events until so many messages of a kind are sent. */
    private List<ExecutorMessage> await(ExecutorMessage.MessageCase kind, int count) throws InterruptedException {
        while (of(kind).size() < count) {
            ExecutorEvent event = inbox.poll(20, TimeUnit.SECONDS);
            assertThat(event)
                    .as("an event before " + count + " of " + kind + " are sent")
                    .isNotNull();
            executor.on(event);
        }
        return of(kind);
    }

    private void awaitRunning(int count) throws InterruptedException {
        for (int reports = 1; running().size() < count; reports++) {
            await(ExecutorMessage.MessageCase.SUBTASK, reports);
        }
    }

    private List<ExecutorMessage> running() {
        return of(ExecutorMessage.MessageCase.SUBTASK).stream()
                .filter(each -> each.getSubtask().getState() == SubtaskState.SUBTASK_RUNNING)
                .toList();
    }

    private List<ExecutorMessage> of(ExecutorMessage.MessageCase kind) {
        return sent.stream().filter(each -> each.getMessageCase() == kind).toList();
    }

    @Test
    void registersAndSendsHeartbeatsWithTheCountersOfItsSubtasks() throws Exception {
        connect(1);
        assertThat(sent.get(0).getRegister().getDataPort()).isEqualTo(4711);
        tell(1, deploy(1));
        awaitRunning(3);
        executor.onTime(nanos.get());
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(999));
        executor.onTime(nanos.get());
        assertThat(of(ExecutorMessage.MessageCase.HEARTBEAT)).hasSize(1);
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
        executor.onTime(nanos.get());
        List<ExecutorMessage> heartbeats = of(ExecutorMessage.MessageCase.HEARTBEAT);
        assertThat(heartbeats).hasSize(2);
        assertThat(heartbeats.get(1).getHeartbeat().getCountersList()).hasSize(3);
        assertThat(heartbeats.get(1).getHeartbeat().getRefusedConnections()).isEqualTo(17);
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void startsTheNextIncarnationOnlyAfterTheLastThreadOfTheOneBefore() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, deploy(2));
        assertThat(released).isEmpty();
        awaitRunning(6);
        assertThat(released).containsExactly(JOB + "/1");
        assertThat(running().subList(3, 6))
                .allSatisfy(
                        each -> assertThat(each.getSubtask().getIncarnation()).isEqualTo(2));
        tell(1, stop(2));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    // ---- two pipelines: vertices 1 to 3, and 4 to 6 ----

    /** Both pipelines, with one subtask of each vertex. @param since of the second one's; 0: they start */
    private static MasterMessage.Builder deployTwo(long incarnation, long since) {
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(JOB)
                .setIncarnation(incarnation)
                .setGraphPath("two.pb")
                .setJobDirectory("app/" + JOB);
        for (int vertex = 1; vertex <= 6; vertex++) {
            int subtasks = vertex == 2 || vertex == 3 ? 2 : 1;
            for (int subtask = 0; subtask < subtasks; subtask++) {
                deploy.addSubtasks(SubtaskPlacement.newBuilder()
                        .setVertex(vertex)
                        .setSubtask(subtask)
                        .setExecutorId("executor-1")
                        .setSince(vertex > 3 ? since : 0));
            }
        }
        return MasterMessage.newBuilder().setDeploy(deploy);
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(JOB + " "))
                .collect(Collectors.toSet());
    }

    private static long alive(Set<Thread> threads) {
        return threads.stream().filter(Thread::isAlive).count();
    }

    private List<SubtaskReport> said(long incarnation) {
        return of(ExecutorMessage.MessageCase.SUBTASK).stream()
                .map(ExecutorMessage::getSubtask)
                .filter(report -> report.getIncarnation() == incarnation)
                .toList();
    }

    /** All eight subtasks say so; a planner may have said already that it has planned everything. */
    private void awaitAllRun(long incarnation) throws InterruptedException {
        Set<String> run = new TreeSet<>();
        int heard = 0;
        while (run.size() < 8) {
            await(ExecutorMessage.MessageCase.SUBTASK, ++heard);
            said(incarnation).forEach(report -> {
                assertThat(report.getState()).isIn(SubtaskState.SUBTASK_RUNNING, SubtaskState.SUBTASK_DRAINED);
                run.add(report.getVertex() + "." + report.getSubtask());
            });
        }
    }

    private List<Integer> failed(long incarnation) {
        return said(incarnation).stream()
                .filter(report -> report.getState() == SubtaskState.SUBTASK_FAILED)
                .map(SubtaskReport::getVertex)
                .toList();
    }

    private void stopAll(long incarnation) throws InterruptedException {
        int before = of(ExecutorMessage.MessageCase.STOPPED).size();
        tell(1, stop(incarnation));
        await(ExecutorMessage.MessageCase.STOPPED, before + 1);
    }

    @Test
    void subtasksThatGoOnKeepTheirThreadsAndBelongToTheNewIncarnation() throws Exception {
        Set<Thread> ofOtherTests = threads();
        connect(1);
        tell(1, deployTwo(1, 0));
        awaitRunning(8);
        Set<Thread> before = threads();
        before.removeAll(ofOtherTests);
        tell(1, deployTwo(2, 1));
        assertThat(said(2)).isEmpty();
        awaitAllRun(2);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (alive(before) > 3) { // Those that have ended have said so before they were gone.
            assertThat(System.nanoTime()).as("of the first pipeline").isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(alive(before)).isEqualTo(3);
        assertThat(released).containsExactly(JOB + "/1 but " + edgesOfSecond(1));

        tell(1, trigger(2, 1));
        var acknowledged = await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 1)
                .get(0)
                .getCheckpointAcknowledged();
        assertThat(acknowledged.getIncarnation()).isEqualTo(2);
        assertThat(acknowledged.getSubtasksCount()).isEqualTo(8);
        stopAll(2);
        assertThat(released.get(1)).isEqualTo(JOB + "/2");
    }

    private Map<Integer, Incarnation> edgesOfSecond(long since) throws Exception {
        Map<Integer, Incarnation> edges = new TreeMap<>();
        ExactlyOnceTest.twoPipelines(new EventSource(100, 1_000_000, 10, 10), JOB, 1, 1000).edges().stream()
                .filter(edge -> edge.from() > 3)
                .forEach(edge -> edges.put(edge.id(), new Incarnation(since)));
        return edges;
    }

    private static MasterMessage.Builder trigger(long incarnation, long checkpoint) {
        return MasterMessage.newBuilder()
                .setTrigger(TriggerCheckpoint.newBuilder()
                        .setJobId(JOB)
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint));
    }

    @Test
    void subtasksGoOnThroughAnIncarnationThatHasNotStartedHere() throws Exception {
        connect(1);
        tell(1, deployTwo(1, 0));
        awaitRunning(8);
        tell(1, deployTwo(2, 1));
        tell(1, deployTwo(3, 1));
        awaitAllRun(3);
        assertThat(said(2)).isEmpty();
        stopAll(3);
    }

    @Test
    void whatIsToGoOnAndDoesNotRunHereHasFailed() throws Exception {
        connect(1);
        tell(1, deployTwo(2, 1));
        assertThat(failed(2)).containsExactly(4, 5, 6);
        stopAll(2);
    }

    @Test
    void whatAnotherIncarnationHasStartedDoesNotGoOn() throws Exception {
        connect(1);
        tell(1, deployTwo(2, 0));
        awaitRunning(8);
        tell(1, deployTwo(3, 1));
        assertThat(failed(3)).containsExactly(4, 5, 6);
        stopAll(3);
    }

    @Test
    void whatWasToldToEndDoesNotGoOn() throws Exception {
        connect(1);
        tell(1, deployTwo(1, 0));
        awaitRunning(8);
        tell(1, stop(1));
        tell(1, deployTwo(2, 1));
        assertThat(failed(2)).containsExactly(4, 5, 6);
        stopAll(2);
    }

    @Test
    void whatGoesOnIsNotSaidToRunBeforeItsIncarnationIsPrepared() throws Exception {
        connect(1);
        tell(1, deployTwo(1, 0));
        awaitRunning(8);
        tell(1, deployTwo(2, 1));
        executor.on(new ExecutorEvent.Disconnected(link, "gone"));
        connect(1);
        assertThat(lastRegistered().getIncarnation()).isEqualTo(2);
        assertThat(lastRegistered().getSubtasksList())
                .hasSize(8)
                .allMatch(report -> report.getState() == SubtaskState.SUBTASK_STATE_UNSPECIFIED);
        awaitAllRun(2);
        stopAll(2);
    }

    @Test
    void theGivenUpCheckpointIsNotAcknowledgedByWhatGoesOn() throws Exception {
        connect(1);
        tell(1, deployTwo(1, 0));
        awaitRunning(8);
        tell(1, trigger(1, 1));
        var second = deployTwo(2, 1);
        second.getDeployBuilder().setLastCheckpoint(1);
        tell(1, second);
        awaitAllRun(2);
        tell(1, trigger(2, 2));
        var acknowledged = await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 1);
        assertThat(acknowledged)
                .singleElement()
                .satisfies(each -> assertThat(each.getCheckpointAcknowledged().getCheckpoint())
                        .isEqualTo(2));
        stopAll(2);
    }

    @Test
    void refusesLowerEpochsAndIncarnations() throws Exception {
        connect(3);
        tell(2, deploy(1));
        tell(3, deploy(5));
        awaitRunning(3);
        tell(3, deploy(4));
        tell(3, deploy(5));
        tell(3, stop(4));
        assertThat(await(ExecutorMessage.MessageCase.STOPPED, 1)
                        .get(0)
                        .getStopped()
                        .getIncarnation())
                .isEqualTo(4);
        executor.onTime(nanos.get());
        assertThat(of(ExecutorMessage.MessageCase.HEARTBEAT)
                        .get(0)
                        .getHeartbeat()
                        .getCountersList())
                .as("incarnation 5 goes on")
                .hasSize(3)
                .allSatisfy(each -> assertThat(each.getIncarnation()).isEqualTo(5));
        tell(3, stop(5));
        await(ExecutorMessage.MessageCase.STOPPED, 2);
        tell(3, deploy(5));
        assertThat(running()).hasSize(3);
    }

    @Test
    void saysThatNothingRunsWhenItIsToldToStopWhatItDoesNotKnow() {
        connect(1);
        tell(1, stop(9));
        assertThat(of(ExecutorMessage.MessageCase.STOPPED)).hasSize(1);
    }

    private RunningIncarnation lastRegistered() {
        List<ExecutorMessage> registers = of(ExecutorMessage.MessageCase.REGISTER);
        List<RunningIncarnation> running =
                registers.get(registers.size() - 1).getRegister().getRunningList();
        assertThat(running).hasSize(1);
        return running.get(0);
    }

    private static MasterMessage.Builder trigger(long checkpoint) {
        return MasterMessage.newBuilder()
                .setTrigger(TriggerCheckpoint.newBuilder()
                        .setJobId(JOB)
                        .setIncarnation(1)
                        .setCheckpoint(checkpoint));
    }

    private static MasterMessage.Builder abort(long checkpoint) {
        return MasterMessage.newBuilder()
                .setAbort(AbortCheckpoint.newBuilder()
                        .setJobId(JOB)
                        .setIncarnation(1)
                        .setCheckpoint(checkpoint));
    }

    private long recordsRead(long epoch) {
        int before = of(ExecutorMessage.MessageCase.HEARTBEAT).size();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        tell(epoch, MasterMessage.newBuilder().setHeartbeat(HeartbeatEcho.getDefaultInstance()));
        executor.onTime(nanos.get());
        List<ExecutorMessage> heartbeats = of(ExecutorMessage.MessageCase.HEARTBEAT);
        assertThat(heartbeats).hasSize(before + 1);
        return heartbeats.get(before).getHeartbeat().getCountersList().stream()
                .mapToLong(SubtaskCounters::getRecordsRead)
                .sum();
    }

    @Test
    void subtasksGoOnWithoutAMasterAndTheNextOneHearsHowFarTheyAre() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, trigger(1));
        await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 1);
        executor.on(new ExecutorEvent.Disconnected(link, "gone"));
        assertThat(released).isEmpty();
        connect(2);
        RunningIncarnation running = lastRegistered();
        assertThat(running.getIncarnation()).isEqualTo(1);
        assertThat(running.getHighestCheckpointSeen()).isEqualTo(1);
        assertThat(running.getEnding()).isFalse();
        // The planner, which has planned its one split, may have drained.
        assertThat(running.getSubtasksList())
                .extracting(SubtaskReport::getVertex, SubtaskReport::getSubtask, SubtaskReport::getState)
                .hasSize(3)
                .endsWith(tuple(2, 0, SubtaskState.SUBTASK_RUNNING), tuple(3, 0, SubtaskState.SUBTASK_RUNNING));
        assertThat(running.getSubtasks(0).getState()).isIn(SubtaskState.SUBTASK_RUNNING, SubtaskState.SUBTASK_DRAINED);
        long read = recordsRead(2);
        while (recordsRead(2) == read) {
            Thread.onSpinWait();
        }
        tell(2, trigger(2));
        assertThat(await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 2)
                        .get(1)
                        .getCheckpointAcknowledged()
                        .getSubtasksList())
                .hasSize(3);
        tell(2, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
        assertThat(running()).as("none has started anew").hasSize(3);
    }

    @Test
    void checkpointThatTheDeadMasterHadPendingIsAbortedByTheNext() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, trigger(1));
        executor.on(new ExecutorEvent.Disconnected(link, "gone"));
        connect(2);
        assertThat(lastRegistered().getHighestCheckpointSeen()).isEqualTo(1);
        tell(2, abort(1));
        tell(2, trigger(2));
        assertThat(await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 1)
                        .get(0)
                        .getCheckpointAcknowledged()
                        .getCheckpoint())
                .isEqualTo(2);
        tell(2, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void whatHasFailedWithoutAMasterIsToldToTheNext() throws Exception {
        connect(1);
        executor.on(new ExecutorEvent.Disconnected(link, "gone"));
        connect(2);
        MasterMessage.Builder broken = deploy(1);
        broken.getDeployBuilder().setGraphPath("no-such-graph.pb");
        tell(2, broken);
        executor.on(new ExecutorEvent.Disconnected(link, "gone, before it hears of the failure"));
        executor.on(inbox.take());
        assertThat(of(ExecutorMessage.MessageCase.SUBTASK)).isEmpty();
        connect(3);
        SubtaskReport first = lastRegistered().getSubtasks(0);
        assertThat(first.getState()).isEqualTo(SubtaskState.SUBTASK_FAILED);
        assertThat(first.getFailure().getMessage()).isNotEmpty();
    }

    @Test
    void incarnationThatWasToldToEndSaysSo() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, stop(1));
        executor.on(new ExecutorEvent.Disconnected(link, "gone"));
        connect(2);
        assertThat(lastRegistered().getEnding()).isTrue();
        tell(2, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void earlierMasterIsRefusedThoughItsLinkIsStillOpen() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        MasterLink newer = new MasterLink() {
            @Override
            public void send(ExecutorMessage message) {
                sent.add(message);
            }

            @Override
            public void close(String reason) {}
        };
        executor.on(new ExecutorEvent.Connected(newer));
        executor.on(new ExecutorEvent.FromMaster(
                newer,
                MasterMessage.newBuilder()
                        .setEpoch(2)
                        .setRegistered(Registered.newBuilder()
                                .setHeartbeatIntervalMillis(1000)
                                .setHeartbeatTimeoutMillis(5000))
                        .build()));
        tell(1, stop(1));
        tell(1, deploy(2));
        tell(1, trigger(7));
        executor.on(new ExecutorEvent.FromMaster(newer, stop(1).setEpoch(1).build()));
        executor.on(new ExecutorEvent.Disconnected(link, "the earlier master has ended itself"));
        executor.onTime(nanos.get());
        assertThat(of(ExecutorMessage.MessageCase.STOPPED)).isEmpty();
        assertThat(of(ExecutorMessage.MessageCase.HEARTBEAT))
                .as("to the newer one")
                .hasSize(1);
        executor.on(new ExecutorEvent.FromMaster(newer, stop(1).setEpoch(2).build()));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
        assertThat(of(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED)).isEmpty();
    }

    @Test
    void endsTheProcessWithoutAMasterForTheLease() {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(59));
        executor.onTime(nanos.get());
        executor.on(new ExecutorEvent.Connected(link));
        executor.on(new ExecutorEvent.Disconnected(link, "never registered"));
        assertThat(exits).isEmpty();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        executor.onTime(nanos.get());
        assertThat(exits).containsExactly("LEASE_EXPIRED");
    }

    @Test
    void closesALinkWhoseMasterIsSilent() {
        connect(1);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(5));
        executor.onTime(nanos.get());
        assertThat(inbox.poll()).isInstanceOf(ExecutorEvent.Disconnected.class);
    }

    @Test
    void endsTheProcessWhenAThreadDoesNotEnd() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, stop(1));
        // The threads do end, but nobody has told the executor yet.
        nanos.addAndGet(TaskExecutor.THREAD_END_LIMIT_NANOS);
        tell(1, MasterMessage.newBuilder().setHeartbeat(HeartbeatEcho.getDefaultInstance()));
        executor.onTime(nanos.get());
        assertThat(exits).containsExactly("SUBTASK_STUCK");
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void reportsAProgramThatWasChangedInTheStore() throws Exception {
        store.putIfAbsent("program.jar", new byte[] {1, 2, 3});
        connect(1);
        MasterMessage.Builder deploy = deploy(1);
        deploy.getDeployBuilder()
                .addJars(LibraryFile.newBuilder()
                        .setName("program.jar")
                        .setPath("program.jar")
                        .setSha256("0123"));
        tell(1, deploy);
        var report = await(ExecutorMessage.MessageCase.SUBTASK, 1).get(0).getSubtask();
        assertThat(report.getState()).isEqualTo(SubtaskState.SUBTASK_FAILED);
        assertThat(report.getFailure().getKind()).isEqualTo(FailureKind.FATAL);
        assertThat(report.getFailure().getMessage()).contains("program.jar", "0123", "submit again");
    }

    /** The file is read where the master does not give what is in it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingStartsFromMetadataThatLackASubtask(boolean isInline) throws Exception {
        CheckpointMetadata metadata = CheckpointMetadata.newBuilder()
                .setFormat(CheckpointStore.METADATA_FORMAT)
                .setJobId(JOB)
                .setCheckpoint(5)
                .setIncarnation(1)
                .setEpoch(1)
                .setMaxParallelism(128)
                .addSubtasks(SubtaskSnapshot.newBuilder()
                        .setVertex(1)
                        .addOperators(OperatorSnapshot.newBuilder()
                                .setOperatorUid("counts")
                                .setParallelism(2)
                                .addKeyedState(Segment.newBuilder().setFile("a.data"))))
                .build();
        String path = new CheckpointStore(store).writeMetadata(new CheckpointLayout("app/" + JOB), metadata);
        Failure failure = restoreFrom(path, isInline ? metadata.toByteString() : ByteString.EMPTY);
        assertThat(failure.getKind()).as("another try would find the same").isEqualTo(FailureKind.FATAL);
        assertThat(failure.getMessage())
                .contains(
                        path,
                        "lack what the subtasks {1} of 2 of operator counts had",
                        "another checkpoint or savepoint");
    }

    @Test
    void nothingStartsFromACheckpointOfTheJobThatLacksAVertex() throws Exception {
        CheckpointMetadata metadata = CheckpointMetadata.newBuilder()
                .setJobId(JOB)
                .setCheckpoint(5)
                .setMaxParallelism(128)
                .addSubtasks(SubtaskSnapshot.newBuilder().setVertex(1))
                .build();
        Failure failure = restoreFrom("app/" + JOB + "/chk-5/_metadata", metadata.toByteString());
        assertThat(failure.getKind()).isEqualTo(FailureKind.FATAL);
        assertThat(failure.getMessage()).contains("chk-5/_metadata", "lack what all subtasks of");
    }

    private Failure restoreFrom(String path, ByteString inline) throws Exception {
        connect(1);
        MasterMessage.Builder deploy = deploy(1);
        deploy.getDeployBuilder()
                .setRestoreCheckpoint(5)
                .setRestoreMetadataPath(path)
                .setMetadata(inline);
        tell(1, deploy);
        var report = await(ExecutorMessage.MessageCase.SUBTASK, 1).get(0).getSubtask();
        assertThat(report.getState()).isEqualTo(SubtaskState.SUBTASK_FAILED);
        return report.getFailure();
    }

    @Test
    void aChannelThatFailedBeforeItsSubtasksWereThereFailsThemOnceTheyAre() throws Exception {
        connect(1);
        tell(1, deploy(1));
        ChannelId channel = new ChannelId(new JobId(JOB), new Incarnation(1), 0, 0, 0);
        executor.on(new ExecutorEvent.ChannelFailed(channel, ChannelFailure.of("connection closed")));
        var failed = awaitFailure();
        assertThat(failed.getFailure().getMessage()).isEqualTo("connection closed");
        assertThat(failed.getFailure().getKind()).isEqualTo(FailureKind.TRANSIENT);
        assertThat(failed.getFailure().getExecutorId()).isEmpty();
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void namesThePeerThatIsGone() throws Exception {
        connect(1);
        tell(1, deploy(1));
        ChannelId channel = new ChannelId(new JobId(JOB), new Incarnation(1), 0, 0, 0);
        executor.on(new ExecutorEvent.ChannelFailed(
                channel, new ChannelFailure("connection reset", new ExecutorId("executor-2"))));
        var failed = awaitFailure();
        assertThat(failed.getFailure().getKind()).isEqualTo(FailureKind.EXECUTOR_LOST);
        assertThat(failed.getFailure().getExecutorId()).isEqualTo("executor-2");
        assertThat(failed.getFailure().getMessage()).isEqualTo("connection reset");
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    private SubtaskReport awaitFailure() throws InterruptedException {
        for (int reports = 1; ; reports++) {
            var report = await(ExecutorMessage.MessageCase.SUBTASK, reports)
                    .get(reports - 1)
                    .getSubtask();
            if (report.getState() == SubtaskState.SUBTASK_FAILED) {
                return report;
            }
        }
    }

    @Test
    void aProcessThatRunsOutOfMemoryEndsAndNotTheJob() {
        connect(1);
        tell(1, deploy(1));
        executor.on(new ExecutorEvent.PreparationFailed(
                new DeploymentId(new JobId(JOB), new Incarnation(1)), new OutOfMemoryError("told to throw")));
        assertThat(exits).containsExactly("OUT_OF_MEMORY");
        assertThat(of(ExecutorMessage.MessageCase.SUBTASK)).isEmpty();
    }

    /** Its replacement starts on another node, once that has happened often enough. */
    @Test
    void aProcessWhoseDiskIsFullEndsAndNotTheJob() {
        connect(1);
        tell(1, deploy(1));
        LocalDiskException full =
                new LocalDiskException("be written to", Path.of("/nowhere/state"), new IOException("No space left"));
        executor.on(new ExecutorEvent.PreparationFailed(
                new DeploymentId(new JobId(JOB), new Incarnation(1)),
                new IllegalStateException("deep in it", new UncheckedIOException(full))));
        assertThat(exits).containsExactly("LOCAL_DISK_FAILED");
        assertThat(of(ExecutorMessage.MessageCase.SUBTASK)).isEmpty();
    }

    /** Its limit is that of processes elsewhere: the job fails with a sentence that says so, and by its own policy. */
    @Test
    void aProcessThatMayHaveNoMoreFilesOpenGoesOnAndNotTheJob() throws Exception {
        connect(1);
        tell(1, deploy(1));
        LocalDiskException limited = new LocalDiskException(
                "be written to", Path.of("/nowhere/state"), new IOException("Too many open files"));
        executor.on(new ExecutorEvent.PreparationFailed(
                new DeploymentId(new JobId(JOB), new Incarnation(1)), new UncheckedIOException(limited)));
        assertThat(awaitFailure().getFailure().toString()).contains("LimitNOFILE");
        assertThat(exits).isEmpty();
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void holdsNoMoreSnapshotsInMemoryThanTheLimitWhileTheStoreIsSlow() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        holdsUploads = true;
        for (int checkpoint = 1; checkpoint <= Uploads.MOST; checkpoint++) {
            tell(1, trigger(checkpoint));
            while (heldUploads.size() < checkpoint) {
                executor.on(inbox.take());
            }
        }
        tell(1, trigger(Uploads.MOST + 1));
        var declined =
                await(ExecutorMessage.MessageCase.CHECKPOINT_DECLINED, 1).get(0).getCheckpointDeclined();
        assertThat(declined.getCheckpoint()).isEqualTo(Uploads.MOST + 1);
        assertThat(declined.getFailure().getMessage()).contains("HDFS");
        assertThat(heldUploads).hasSize(Uploads.MOST);
        holdsUploads = false;
        heldUploads.forEach(Runnable::run);
        await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, Uploads.MOST);
        tell(1, trigger(Uploads.MOST + 2));
        await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, Uploads.MOST + 1);
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void aPartThatCannotBeStoredDeclinesItsCheckpointAsLongAsThatIsAwaited() throws Exception {
        connect(1);
        tell(1, deploy(1));
        awaitRunning(3);
        tell(1, abort(3));
        notStored(3);
        notStored(4);
        var declined = await(ExecutorMessage.MessageCase.CHECKPOINT_DECLINED, 1);
        assertThat(declined.get(0).getCheckpointDeclined().getCheckpoint()).isEqualTo(4);
        tell(1, stop(1));
        notStored(5);
        await(ExecutorMessage.MessageCase.STOPPED, 1);
        assertThat(of(ExecutorMessage.MessageCase.CHECKPOINT_DECLINED)).hasSize(1);
    }

    private void notStored(long checkpoint) {
        executor.on(new ExecutorEvent.SnapshotFailed(
                new DeploymentId(new JobId(JOB), new Incarnation(1)),
                new CheckpointId(checkpoint),
                new IOException("told to fail")));
    }

    private static MasterMessage.Builder follow(long checkpoint) {
        CheckpointMetadata metadata =
                CheckpointMetadata.newBuilder().setCheckpoint(checkpoint).build();
        return MasterMessage.newBuilder()
                .setFollow(Follow.newBuilder()
                        .setJobId(JOB)
                        .setGraphPath("graph.pb")
                        .setJobDirectory("app/" + JOB)
                        .setCheckpoint(checkpoint)
                        .setMetadata(metadata.toByteString()));
    }

    private List<Long> followed() {
        return of(ExecutorMessage.MessageCase.FOLLOWING).stream()
                .map(each -> each.getFollowing().getCheckpoint())
                .toList();
    }

    @Test
    void aStandbySaysHowFarItFollowsAndOfWhatComesMeanwhileReadsTheNewestOnly() throws Exception {
        connect(1);
        tell(1, follow(0));
        await(ExecutorMessage.MessageCase.FOLLOWING, 1);
        holdsUploads = true;
        for (long checkpoint = 1; checkpoint <= 4; checkpoint++) {
            tell(1, follow(checkpoint));
        }
        assertThat(heldUploads).hasSize(1);
        holdsUploads = false;
        heldUploads.forEach(Runnable::run);
        await(ExecutorMessage.MessageCase.FOLLOWING, 3);
        assertThat(followed()).containsExactly(0L, 1L, 4L);
        tell(1, MasterMessage.newBuilder().setUnfollow(Unfollow.newBuilder().setJobId(JOB)));
        assertThat(inbox).isEmpty();
    }

    @Test
    void aStandbyIsWarmedUpBesideItsFirstCheckpointAndIsLeftAloneWhenTheJobComes() throws Exception {
        connect(1);
        holdsUploads = true;
        MasterMessage.Builder missing = follow(1);
        missing.getFollowBuilder().setGraphPath("no-such-graph");
        tell(1, missing);
        handleAll();
        assertThat(heldUploads).as("nothing can be done without the program").isEmpty();
        tell(1, follow(2));
        assertThat(heldUploads).as("the checkpoint, and beside it the warm-up").hasSize(2);
        runHeldUploads();
        await(ExecutorMessage.MessageCase.FOLLOWING, 1);
        assertThat(warmUps).hasSize(1);
        handleAll();
        tell(1, follow(3));
        assertThat(heldUploads).as("the next checkpoint alone").hasSize(1);
        assertThat(warmUps.get(0).getAsBoolean()).isFalse();
        runHeldUploads();
        tell(1, deploy(1));
        awaitRunning(3);
        assertThat(warmUps).hasSize(1);
        stopAll(1);
    }

    @Test
    void aWarmUpEndsAndIsNotBegunWhenTheJobComesOrLeaves() throws Exception {
        connect(1);
        holdsUploads = true;
        tell(1, follow(1));
        heldUploads.remove(1).run();
        assertThat(warmUps.get(0).getAsBoolean()).isFalse();
        tell(1, deploy(1));
        assertThat(warmUps.get(0).getAsBoolean()).as("the time is needed").isTrue();
        runHeldUploads();
        holdsUploads = false;
        awaitRunning(3);
        stopAll(1);
        handleAll();
        holdsUploads = true;
        tell(1, follow(2));
        tell(1, MasterMessage.newBuilder().setUnfollow(Unfollow.newBuilder().setJobId(JOB)));
        runHeldUploads();
        handleAll();
        assertThat(heldUploads).isEmpty();
        assertThat(warmUps).hasSize(1);
    }

    private void runHeldUploads() {
        List<Runnable> tasks = List.copyOf(heldUploads);
        heldUploads.clear();
        tasks.forEach(Runnable::run);
    }

    private void handleAll() {
        for (ExecutorEvent event = inbox.poll(); event != null; event = inbox.poll()) {
            executor.on(event);
        }
    }

    @Test
    void aJobThatRunsHereIsNotFollowedAsWell() throws Exception {
        connect(1);
        tell(1, follow(1));
        await(ExecutorMessage.MessageCase.FOLLOWING, 1);
        tell(1, deploy(1));
        tell(1, follow(2));
        awaitRunning(3);
        assertThat(followed()).containsExactly(1L);
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
        tell(1, follow(3));
        await(ExecutorMessage.MessageCase.FOLLOWING, 2);
        assertThat(followed()).containsExactly(1L, 3L);
    }

    @Test
    void whatTheStoreDoesNotHaveIsSaidInTheLogAndTheNextCheckpointIsFollowed() throws Exception {
        connect(1);
        MasterMessage.Builder missing = follow(1);
        missing.getFollowBuilder().clearMetadata().setMetadataPath("no-such-metadata");
        tell(1, missing);
        tell(1, follow(2));
        await(ExecutorMessage.MessageCase.FOLLOWING, 1);
        assertThat(followed()).containsExactly(2L);
        assertThat(exits).isEmpty();
    }

    private static MasterMessage.Builder complete(boolean terminal) {
        return MasterMessage.newBuilder()
                .setComplete(CompleteCheckpoint.newBuilder()
                        .setJobId(JOB)
                        .setIncarnation(1)
                        .setCheckpoint(1)
                        .setTerminal(terminal));
    }

    /** The clock goes on meanwhile, and the executor acts on it. */
    private void awaitAll(SubtaskState state) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (of(ExecutorMessage.MessageCase.SUBTASK).stream()
                        .filter(each -> each.getSubtask().getState() == state)
                        .count()
                < 3) {
            assertThat(System.nanoTime()).as("in time for " + state).isLessThan(deadline);
            ExecutorEvent event = inbox.poll(1, TimeUnit.MILLISECONDS);
            if (event != null) {
                executor.on(event);
            }
            nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
            // However long it takes, the master is well.
            tell(1, MasterMessage.newBuilder().setHeartbeat(HeartbeatEcho.getDefaultInstance()));
            executor.onTime(nanos.get());
        }
    }

    @Test
    void aSubtaskWhoseMailboxIsFullFinishesAfterTheTerminalCompletionAllTheSame() throws Exception {
        var graph = ExactlyOnceTest.graph(new EventSource(1, 10, 1, 0), JOB, 1, 1, 1000);
        store.putIfAbsent("short.pb", GraphCodec.toMessage(graph).toByteArray());
        connect(1);
        MasterMessage.Builder deploy = deploy(1);
        deploy.getDeployBuilder().setGraphPath("short.pb");
        tell(1, deploy);
        awaitAll(SubtaskState.SUBTASK_DRAINED);
        tell(1, trigger(1));
        await(ExecutorMessage.MessageCase.CHECKPOINT_ACKNOWLEDGED, 1);
        CountDownLatch commit = new CountDownLatch(1);
        Ledger.of(JOB).hold(commit);
        tell(1, complete(false));
        for (int i = 0; i < 1000; i++) {
            tell(1, abort(1));
        }
        tell(1, complete(true));
        commit.countDown();
        awaitAll(SubtaskState.SUBTASK_FINISHED);
        tell(1, stop(1));
        await(ExecutorMessage.MessageCase.STOPPED, 1);
    }

    @Test
    void drillsKillAndHaltTheProcessAsAnotherWould() {
        connect(1);
        tell(1, MasterMessage.newBuilder().setDrill(Drill.newBuilder().setKind(DrillKind.DRILL_KILL)));
        tell(1, MasterMessage.newBuilder().setDrill(Drill.newBuilder().setKind(DrillKind.DRILL_HANG)));
        assertThat(signals).containsExactly("KILL 7", "STOP 7");
        assertThat(exits).isEmpty();
    }

    @Test
    void goesWhenTheMasterSendsItAway() {
        connect(1);
        tell(1, MasterMessage.newBuilder().setShutdown(Shutdown.newBuilder().setReason("idle")));
        assertThat(exits).containsExactly("SHUT_DOWN");
    }
}
