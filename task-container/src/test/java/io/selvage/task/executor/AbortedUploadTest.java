package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Vertex;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.ExecutorAddress;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Registered;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints that are given up while an executor stores its part: what is stored of them is not stored again; and what
 * the local disk damages meanwhile. One executor, with a keyed state of which little changes, and a file system that
 * can be held up.
 */
@Timeout(120)
class AbortedUploadTest {
    private static final int KEYS = 20_000;
    private static final int CHANGED = 200;
    /** How many elements each source may have given by now, by job. */
    private static final Map<String, AtomicInteger> LIMITS = new ConcurrentHashMap<>();

    @TempDir
    Path directory;

    private final BlockingQueue<LocalExecutor.Said> said = new LinkedBlockingQueue<>();
    private final AtomicInteger limit = new AtomicInteger(KEYS);
    private @Nullable LocalExecutor executor;
    private JobId job = new JobId("job-aborted");
    private long incarnation;
    private int countingVertex;
    private Deploy deployed = Deploy.getDefaultInstance();

    /** Numbers, one for each key, then the first keys' again; no more of them than the test allows by now. */
    record Numbers(String name) implements Source<String, Integer> {
        @Override
        public Serde<String> serde() {
            return Serdes.STRING;
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            return new OneSplit(restored != null);
        }

        @Override
        public SplitReader<String> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return new Reader(
                    name, position == null ? 0 : ByteBuffer.wrap(position).getInt());
        }
    }

    private static final class OneSplit implements SplitPlanner<Integer> {
        private boolean isPlanned;

        OneSplit(boolean isPlanned) {
            this.isPlanned = isPlanned;
        }

        @Override
        public List<Integer> discover() {
            List<Integer> found = isPlanned ? List.of() : List.of(0);
            isPlanned = true;
            return found;
        }

        @Override
        public boolean isComplete() {
            return isPlanned;
        }

        @Override
        public byte[] snapshot() {
            return new byte[1];
        }
    }

    private static final class Reader implements SplitReader<String> {
        private final AtomicInteger limit;
        private int next;

        Reader(String name, int next) {
            this.limit = LIMITS.getOrDefault(name, new AtomicInteger());
            this.next = next;
        }

        @Override
        public Status read(SourceOutput<String> out, int maxElements) {
            for (int i = 0; i < maxElements && next < limit.get(); i++) {
                out.collect("key-" + next++ % KEYS);
            }
            return next < limit.get() ? Status.MORE : Status.IDLE;
        }

        @Override
        public byte[] position() {
            return ByteBuffer.allocate(Integer.BYTES).putInt(next).array();
        }
    }

    static final class Counting extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        /** From a number on that takes as many bytes as those after it. */
        private static final long FIRST = 1L << 40;

        private transient ValueState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Serdes.LONG));
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            Long before = count.value();
            count.update(before == null ? FIRST : before + 1);
        }
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    private LocalExecutor start(String backend) throws Exception {
        job = new JobId("job-aborted-" + backend);
        LIMITS.put(job.value(), limit);
        StreamEnvironment env = StreamEnvironment.create().parallelism(1).maxParallelism(128);
        env.from(new Numbers(job.value()), "numbers")
                .keyBy((String element) -> element)
                .process(new Counting(), Serdes.STRING)
                .uid("counts")
                .sinkTo(new Ledger.LedgerSink(job.value()), "rows");
        JobGraph graph = env.graph(job.value());
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), HeldFiles.configuration());
        store.putIfAbsent("graph.pb", GraphCodec.toMessage(graph).toByteArray());
        LocalExecutor started =
                new LocalExecutor("executor-1", store, directory, ApplicationIdentity.create(), false, said);
        executor = started;
        await(ExecutorMessage::hasRegister);
        tell(MasterMessage.newBuilder()
                .setRegistered(
                        Registered.newBuilder().setHeartbeatIntervalMillis(20).setHeartbeatTimeoutMillis(60_000)));
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(job.value())
                .setIncarnation(++incarnation)
                .setJobName(graph.name())
                .setGraphPath("graph.pb")
                .putSettings(JobConfig.STATE_BACKEND.name(), backend)
                .setJobDirectory(store.qualify("app/" + job))
                .addExecutors(ExecutorAddress.newBuilder()
                        .setExecutorId("executor-1")
                        .setHost("127.0.0.1")
                        .setDataPort(started.dataPlane.dataPort()));
        for (Vertex vertex : graph.vertices()) {
            deploy.addSubtasks(
                    SubtaskPlacement.newBuilder().setVertex(vertex.id()).setExecutorId("executor-1"));
            countingVertex = Math.max(countingVertex, vertex.id());
        }
        deployed = deploy.build();
        deploy();
        awaitCounted();
        return started;
    }

    private void deploy() throws InterruptedException {
        tell(MasterMessage.newBuilder().setDeploy(deployed));
        for (int i = 0; i < deployed.getSubtasksCount(); i++) {
            await(message -> message.getSubtask().getState() == SubtaskState.SUBTASK_RUNNING
                    && message.getSubtask().getIncarnation() == incarnation);
        }
    }

    private void tell(MasterMessage.Builder message) {
        LocalExecutor started = executor;
        assertThat(started).isNotNull();
        started.tell(message.setEpoch(1).build());
    }

    private ExecutorMessage await(Predicate<ExecutorMessage> wanted) throws InterruptedException {
        while (true) {
            LocalExecutor.Said next = said.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("a message that is awaited").isNotNull();
            SubtaskReport report = next.message().getSubtask();
            if (report.getIncarnation() == incarnation) { // What one before had to say is known.
                assertThat(report.getState()).as("%s", report).isNotEqualTo(SubtaskState.SUBTASK_FAILED);
            }
            if (wanted.test(next.message())) {
                return next.message();
            }
        }
    }

    /** All elements that the source may give have been counted. */
    private void awaitCounted() throws InterruptedException {
        await(message -> message.getHeartbeat().getCountersList().stream()
                .anyMatch(each -> each.getVertex() == countingVertex && each.getRecordsIn() == limit.get()));
    }

    /** A few keys change. */
    private void change() throws InterruptedException {
        limit.addAndGet(CHANGED);
        awaitCounted();
    }

    private void trigger(long checkpoint) {
        tell(MasterMessage.newBuilder()
                .setTrigger(TriggerCheckpoint.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)));
    }

    private void abort(long checkpoint) {
        tell(MasterMessage.newBuilder()
                .setAbort(AbortCheckpoint.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)));
    }

    private void complete(long checkpoint) {
        tell(MasterMessage.newBuilder()
                .setComplete(CompleteCheckpoint.newBuilder()
                        .setJobId(job.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)));
    }

    private CheckpointAcknowledged acknowledgement(long checkpoint) throws InterruptedException {
        return await(message -> message.hasCheckpointAcknowledged()
                        && message.getCheckpointAcknowledged().getCheckpoint() == checkpoint)
                .getCheckpointAcknowledged();
    }

    /** Of the counting operator, the checkpoints that its state consists of. */
    private List<Long> acknowledged(long checkpoint) throws InterruptedException {
        return acknowledgement(checkpoint).getSubtasksList().stream()
                .flatMap(subtask -> subtask.getOperatorsList().stream())
                .flatMap(operator -> operator.getKeyedStateList().stream())
                .map(Segment::getCheckpoint)
                .toList();
    }

    /** Until it has been cut for some heartbeats. */
    private boolean isAcknowledgedSoon(long checkpoint) throws InterruptedException {
        int heartbeats = 0;
        while (heartbeats < 50) {
            ExecutorMessage next = await(message -> true);
            heartbeats += isCut(next, checkpoint) ? 1 : 0;
            if (next.getCheckpointAcknowledged().getCheckpoint() == checkpoint) {
                return true;
            }
        }
        return false;
    }

    private static boolean isCut(ExecutorMessage message, long checkpoint) {
        return message.hasHeartbeat()
                && message.getHeartbeat().getCountersList().stream()
                        .allMatch(each -> each.getNewestCut() >= checkpoint);
    }

    private void awaitCut(long checkpoint) throws InterruptedException {
        await(message -> isCut(message, checkpoint));
    }

    private void awaitDeclined(long checkpoint) throws InterruptedException {
        await(message -> message.hasCheckpointDeclined()
                && message.getCheckpointDeclined().getCheckpoint() == checkpoint);
    }

    private long bytesOf(long checkpoint) throws IOException {
        CheckpointLayout layout = new CheckpointLayout("app/" + job);
        try (Stream<Path> files = Files.list(
                directory.resolve("root").resolve(layout.checkpointDirectory(new CheckpointId(checkpoint))))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        LocalExecutor started = executor;
        if (started != null) {
            started.end(job);
            started.close();
        }
    }

    // ---- what is stored of them ----------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void whatIsStoredOfAnAbortedCheckpointIsNotStoredAgain(String backend) throws Exception {
        start(backend);
        trigger(1);
        assertThat(acknowledged(1)).containsExactly(1L);
        abort(1);
        change();
        trigger(2);
        assertThat(acknowledged(2)).containsExactly(1L, 2L);
        assertThat(bytesOf(2)).isPositive().isLessThan(bytesOf(1) / 10);
        abort(2);
        change();
        trigger(3);
        assertThat(acknowledged(3)).containsExactly(1L, 2L, 3L);
        complete(3);
        change();
        trigger(4);
        assertThat(acknowledged(4)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(bytesOf(4)).isLessThan(bytesOf(1) / 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void ofACheckpointThatIsAbortedAtTheEndOfItsUploadTheNextStoresAtMostATenth(String backend) throws Exception {
        start(backend);
        trigger(1);
        assertThat(acknowledged(1)).containsExactly(1L);
        complete(1);
        // All keys change, so that the next one stores the whole state again.
        limit.addAndGet(KEYS);
        awaitCounted();
        HeldFiles.Hold hold = HeldFiles.holdNextAtItsEnd();
        trigger(2);
        hold.awaitReached();
        abort(2);
        change();
        trigger(3);
        awaitCut(3);
        hold.release();
        assertThat(acknowledged(3)).endsWith(2L, 3L);
        System.out.println(
                backend + ": aborted behind the last of " + bytesOf(2) + " bytes, the next has " + bytesOf(3));
        assertThat(bytesOf(2)).isGreaterThanOrEqualTo(bytesOf(1));
        assertThat(bytesOf(3)).isPositive().isLessThan(bytesOf(2) / 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void whatIsNotStoredAfterAllIsStoredByTheOneAfterTheNext(String backend) throws Exception {
        start(backend);
        HeldFiles.Hold hold = HeldFiles.holdNext(1000);
        trigger(1);
        hold.awaitReached();
        abort(1);
        change();
        trigger(2);
        awaitCut(2); // From here on it needs what is not stored yet.
        hold.fail();
        awaitDeclined(2);
        abort(2);
        trigger(3);
        assertThat(acknowledged(3)).containsExactly(3L);
        assertThat(bytesOf(3)).isGreaterThan(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void whatHangsHoldsUpTheNextCheckpointAndNotTheOneAfterIt(String backend) throws Exception {
        start(backend);
        HeldFiles.Hold hold = HeldFiles.holdNext(1000);
        trigger(1);
        hold.awaitReached();
        abort(1);
        change();
        trigger(2);
        assertThat(isAcknowledgedSoon(2)).isFalse();
        abort(2);
        long checkpoint = 3; // It may come before the second is waited for: then it waits as well, and in vain.
        for (trigger(checkpoint); !isAcknowledgedSoon(checkpoint); trigger(checkpoint)) {
            abort(checkpoint++);
            assertThat(checkpoint).isLessThan(10);
        }
        complete(checkpoint);
        hold.release();
        trigger(checkpoint + 1);
        // With what hangs nothing begins; with one that was given up because it came late something may.
        assertThat(acknowledged(checkpoint + 1).get(0)).isBetween(3L, checkpoint);
    }

    // ---- what the local disk damages -----------------------------------------------------------------------------

    /** Neither the process nor what others have in it is at an end. */
    @Test
    void stateThatTheDiskHasDamagedIsReadAnewFromItsCheckpointAndNotTakenBack() throws Exception {
        LocalExecutor started = start("rocksdb");
        trigger(1);
        CheckpointMetadata metadata = CheckpointMetadata.newBuilder()
                .setFormat(CheckpointStore.METADATA_FORMAT)
                .setJobId(job.value())
                .setCheckpoint(1)
                .setIncarnation(incarnation)
                .setEpoch(1)
                .setMaxParallelism(128)
                .addAllSubtasks(acknowledgement(1).getSubtasksList())
                .build();
        complete(1);
        Failure failure = awaitFailure(started.stateDirectory);
        assertThat(failure.getKind()).isEqualTo(FailureKind.TRANSIENT);
        assertThat(failure.getMessage()).contains("the disk gives something else than was written there");
        deployed = deployed.toBuilder()
                .setIncarnation(++incarnation)
                .setRestoreCheckpoint(1)
                .setMetadata(metadata.toByteString())
                .build();
        deploy();
        await(message -> message.getHeartbeat().getCountersList().stream()
                .anyMatch(each -> each.getVertex() == countingVertex && each.getRecordsIn() == limit.get() - KEYS));
        assertThat(started.figures().kept()).isZero();
        assertThat(started.figures().read()).isEqualTo(1);
        trigger(2);
        assertThat(acknowledged(2)).endsWith(2L);
    }

    /** All tables are damaged, and so are those that compactions make of what they had read before. */
    private Failure awaitFailure(Path state) throws InterruptedException, IOException {
        Set<Path> damaged = new HashSet<>();
        for (int second = 0; second < 60; second++) {
            damage(state, damaged);
            limit.addAndGet(KEYS); // Each key is looked for.
            long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            while (System.nanoTime() < untilNanos) {
                LocalExecutor.Said next = said.poll(100, TimeUnit.MILLISECONDS);
                if (next != null && next.message().getSubtask().getState() == SubtaskState.SUBTASK_FAILED) {
                    return next.message().getSubtask().getFailure();
                }
            }
        }
        throw new AssertionError("no subtask has failed");
    }

    /** In place, as restore points have links to the same files. */
    private static void damage(Path state, Set<Path> damaged) throws IOException {
        for (String store : namesIn(state)) {
            for (String name : store.startsWith("db-") ? namesIn(state.resolve(store)) : new String[0]) {
                Path table = state.resolve(store).resolve(name);
                if (name.endsWith(".sst") && !damaged.contains(table)) {
                    try {
                        byte[] bytes = Files.readAllBytes(table);
                        if (bytes.length > 0) { // It is not just being begun.
                            bytes[bytes.length / 4] ^= 4;
                            Files.write(table, bytes, StandardOpenOption.WRITE);
                            damaged.add(table);
                        }
                    } catch (NoSuchFileException compacted) {
                        // What it has become part of comes next.
                    }
                }
            }
        }
    }

    private static String[] namesIn(Path directory) {
        return Objects.requireNonNullElse(directory.toFile().list(), new String[0]);
    }
}
