package io.selvage.checkpoint.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.ReduceAggregate;
import io.selvage.api.graph.Vertex;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.checkpoint.backend.BroadcastSection;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.checkpoint.backend.WindowStates;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JobEnded;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartPointCheckTest {
    @TempDir
    Path root;

    private Path savepoint;
    private DurableStore store;

    @BeforeEach
    void takeASavepoint() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
        savepoint = Files.createDirectories(root.resolve("savepoint-1a-00000000000a"));
        Files.write(savepoint.resolve("a.data"), new byte[100]);
        write(metadata("counts").build());
    }

    private void write(CheckpointMetadata metadata) throws IOException {
        Files.deleteIfExists(savepoint.resolve("_metadata"));
        Files.deleteIfExists(savepoint.resolve("._metadata.crc"));
        new CheckpointStore(store)
                .writeSavepoint(new SavepointLayout(savepoint.toUri().toString()), metadata);
    }

    private static CheckpointMetadata.Builder metadata(String uid) {
        return CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId("job-1a")
                .setCheckpoint(7)
                .setIncarnation(2)
                .setEpoch(1)
                .setMaxParallelism(128)
                .setSavepoint(true)
                .addSubtasks(SubtaskSnapshot.newBuilder()
                        .addOperators(OperatorSnapshot.newBuilder()
                                .setOperatorUid(uid)
                                .setParallelism(1)
                                .addKeyedState(Segment.newBuilder()
                                        .setFile("a.data")
                                        .setOffset(20)
                                        .setLength(80)
                                        .setCheckpoint(7))));
    }

    private static JobGraph graph(int maxParallelism, String... uids) {
        List<Operator> operators = Stream.of(uids)
                .map(uid -> new Operator(uid, uid, true, OperatorRole.TRANSFORM, Opaque.write("x", uid)))
                .toList();
        return new JobGraph("x", maxParallelism, Map.of(), List.of(new Vertex(1, "v", 1, operators)), List.of());
    }

    private RestoredFrom check(JobGraph graph) throws IOException {
        return check(savepoint, graph, false);
    }

    private RestoredFrom check(Path path, JobGraph graph, boolean mayDropState) throws IOException {
        return new StartPointCheck(store, new StartPoint(path.toUri().toString(), mayDropState, false)).check(graph);
    }

    private void assertRefused(Path path, JobGraph graph, String... said) {
        assertThatThrownBy(() -> check(path, graph, false))
                .isInstanceOf(NotRestorableException.class)
                .hasMessageContainingAll(said);
    }

    @Test
    void aJobGoesOnFromTheDirectoryOrTheMetadataInIt() throws IOException {
        JobGraph graph = graph(128, "counts", "more");
        RestoredFrom from = check(graph);
        assertThat(from.getCheckpoint()).isEqualTo(7);
        assertThat(from.getMetadataPath()).endsWith("savepoint-1a-00000000000a/_metadata");
        assertThat(check(savepoint.resolve("_metadata"), graph, false)).isEqualTo(from);
    }

    @Test
    void whatIsClaimedIsNamedAndACheckpointOfAJobThatMayRunIsNot() throws IOException {
        JobGraph graph = graph(128, "counts");
        String path = savepoint.toUri().toString();
        assertThat(check(graph).getClaimedDirectory()).isEmpty();
        assertThat(new StartPointCheck(store, new StartPoint(path, false, true))
                        .check(graph)
                        .getClaimedDirectory())
                .endsWith("savepoint-1a-00000000000a");
        write(metadata("counts").setSavepoint(false).build());
        assertThatThrownBy(() -> new StartPointCheck(store, new StartPoint(path, false, true)).check(graph))
                .hasMessageContainingAll(path, "may still run", "without --claim");
        assertThat(check(graph).getCheckpoint()).isEqualTo(7);
    }

    /** Of a session that was killed before it could make a mark; what it has beside that is not in the way. */
    @ParameterizedTest
    @CsvSource({"JOB_FAILED,7,true", "JOB_FAILED,8,false", "JOB_CANCELED,7,false", "JOB_OUTCOME_UNSPECIFIED,7,false"})
    void whatAFailedJobLeavesIsClaimedByTheWordOfTheJournal(JobOutcome outcome, long newest, boolean isClaimed)
            throws IOException {
        String path = leave("application_1_0001", outcome, newest);
        StartPointCheck claiming = new StartPointCheck(store, new StartPoint(path, false, true));
        if (isClaimed) {
            assertThat(claiming.check(graph(128, "counts")).getClaimedDirectory())
                    .endsWith("/application_1_0001/job-1a");
        } else {
            assertThatThrownBy(() -> claiming.check(graph(128, "counts")))
                    .isInstanceOf(NotRestorableException.class)
                    .hasMessageContainingAll(path, "job-1a, which may still run", "without --claim");
        }
        assertThat(root.resolve("application_1_0001/job-1a/graph.pb"))
                .as("nothing is touched before the new job has a checkpoint")
                .exists();
    }

    /** Of a session that was killed, all that it could have gone back to: a claim takes the directory as a whole. */
    @Test
    void ofSeveralCheckpointsThatAJobHasLeftTheNewestAloneIsClaimed() throws IOException {
        CheckpointLayout layout = new CheckpointLayout("application_1_0001/job-1a");
        CheckpointStore checkpoints = new CheckpointStore(store);
        List<String> paths = new ArrayList<>();
        for (long id = 7; id <= 8; id++) {
            CheckpointMetadata.Builder metadata =
                    metadata("counts").setSavepoint(false).setCheckpoint(id);
            metadata.getSubtasksBuilder(0)
                    .getOperatorsBuilder(0)
                    .getKeyedStateBuilder(0)
                    .setFile(savepoint.resolve("a.data").toUri().toString());
            checkpoints.writeMetadata(layout, metadata.build());
            paths.add(root.resolve(layout.checkpointDirectory(new CheckpointId(id)))
                    .toUri()
                    .toString());
        }
        checkpoints.markRetained(layout);
        // Of one that was never stored as a whole nothing can be lost.
        Files.createDirectories(root.resolve(layout.checkpointDirectory(new CheckpointId(9))));
        StartPointCheck older = new StartPointCheck(store, new StartPoint(paths.get(0), false, true));
        assertThatThrownBy(() -> older.check(graph(128, "counts")))
                .isInstanceOf(NotRestorableException.class)
                .hasMessageContainingAll(
                        paths.get(0),
                        "not the newest checkpoint",
                        "chk-0000000000000008 is",
                        "Claim that one, or delete it first",
                        "without --claim");
        assertThat(new StartPointCheck(store, new StartPoint(paths.get(0), false, false))
                        .check(graph(128, "counts"))
                        .getCheckpoint())
                .isEqualTo(7);
        assertThat(new StartPointCheck(store, new StartPoint(paths.get(1), false, true))
                        .check(graph(128, "counts"))
                        .getClaimedDirectory())
                .endsWith("/application_1_0001/job-1a");
        checkpoints.delete(layout, new CheckpointId(8));
        assertThat(older.check(graph(128, "counts")).getClaimedDirectory()).endsWith("/application_1_0001/job-1a");
    }

    @Test
    void whereTheJournalCanNotBeReadNothingIsClaimed() throws IOException {
        String path = leave("application_1_0001", JobOutcome.JOB_FAILED, 7);
        Path slot = root.resolve("application_1_0001/journal/0000000000000002");
        assertThat(slot).exists();
        Files.deleteIfExists(root.resolve("application_1_0001/journal/.0000000000000002.crc"));
        Files.writeString(slot, "damaged");
        assertThatThrownBy(
                        () -> new StartPointCheck(store, new StartPoint(path, false, true)).check(graph(128, "counts")))
                .isInstanceOf(NotRestorableException.class)
                .hasMessageContainingAll(path, "not known how its job has ended", "without --claim");
    }

    /** Answers the path of checkpoint 7. */
    private String leave(String application, JobOutcome outcome, long newest) throws IOException {
        CheckpointLayout layout = new CheckpointLayout(application + "/job-1a");
        CheckpointMetadata.Builder metadata = metadata("counts").setSavepoint(false);
        metadata.getSubtasksBuilder(0)
                .getOperatorsBuilder(0)
                .getKeyedStateBuilder(0)
                .setFile(savepoint.resolve("a.data").toUri().toString());
        new CheckpointStore(store).writeMetadata(layout, metadata.build());
        Files.writeString(root.resolve(application).resolve("job-1a/graph.pb"), "a graph");
        Journal journal = Journal.open(store, CheckpointLayout.journalDirectory(application));
        journal.winEpoch(1, EpochStarted.newBuilder().setEpoch(1).build().toByteArray());
        append(
                journal,
                JournalRecord.newBuilder()
                        .setJobSubmitted(JobSubmitted.newBuilder().setJobId("job-1a")));
        append(
                journal,
                JournalRecord.newBuilder()
                        .setCheckpointCompleted(CheckpointCompleted.newBuilder()
                                .setJobId("job-1a")
                                .setCheckpoint(newest)
                                .addAllReferences(newest == 7 ? List.of() : List.of(7L))));
        if (outcome != JobOutcome.JOB_OUTCOME_UNSPECIFIED) {
            append(
                    journal,
                    JournalRecord.newBuilder()
                            .setJobEnded(
                                    JobEnded.newBuilder().setJobId("job-1a").setOutcome(outcome)));
        }
        return root.resolve(application)
                .resolve("job-1a/checkpoints/chk-0000000000000007")
                .toUri()
                .toString();
    }

    private static void append(Journal journal, JournalRecord.Builder said) throws IOException {
        assertThat(journal.append(said.build().toByteArray())).isInstanceOf(JournalOutcome.Appended.class);
    }

    @Test
    void aSavepointMayBeMoved() throws IOException {
        Path moved = root.resolve("elsewhere");
        Files.move(savepoint, moved);
        assertThat(check(moved, graph(128, "counts"), false).getMetadataPath()).endsWith("elsewhere/_metadata");
    }

    @Test
    void aJobGoesOnFromACheckpointThatWasLeft() throws IOException {
        CheckpointStore checkpoints = new CheckpointStore(store);
        CheckpointLayout layout = new CheckpointLayout("app/job-1a");
        CheckpointMetadata.Builder metadata = metadata("counts").setSavepoint(false);
        metadata.getSubtasksBuilder(0)
                .getOperatorsBuilder(0)
                .getKeyedStateBuilder(0)
                .setFile(savepoint.resolve("a.data").toUri().toString());
        checkpoints.writeMetadata(layout, metadata.setIncarnation(9).build());
        checkpoints.writeMetadata(layout, metadata.setIncarnation(10).build());
        Path directory = root.resolve("app/job-1a/checkpoints/chk-0000000000000007");
        assertThat(check(directory, graph(128, "counts"), false).getMetadataPath())
                .as("the newer incarnation's, of which the other is what it could not complete")
                .endsWith("_metadata-10-1");
    }

    @Test
    void whatIsNotThereIsRefused() throws IOException {
        assertRefused(root.resolve("nowhere"), graph(128, "counts"), "nowhere", "does not exist");
    }

    @Test
    void aDirectoryWithoutMetadataIsRefused() throws IOException {
        Files.delete(savepoint.resolve("_metadata"));
        assertRefused(savepoint, graph(128, "counts"), savepoint.toString(), "never completed", "selvage savepoint");
    }

    @Test
    void aFileOfSomethingElseIsRefused() throws IOException {
        Path file = Files.writeString(root.resolve("words.txt"), "these are some words");
        assertRefused(
                file, graph(128, "counts"), "words.txt", "is no checkpoint metadata", "whether the path is right");
    }

    @Test
    void metadataThatAreDamagedAreRefused() throws IOException {
        Path file = savepoint.resolve("_metadata");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        Files.deleteIfExists(savepoint.resolve("._metadata.crc"));
        assertRefused(savepoint, graph(128, "counts"), "_metadata", "is damaged", "checksum");
    }

    @Test
    void aNewerFormatIsRefused() throws IOException {
        write(metadata("counts").setFormat(2).build());
        assertRefused(savepoint, graph(128, "counts"), "_metadata", "format 2", "Use the version that wrote it");
    }

    /** Whose state would be empty: neither is it what the user allows to be dropped. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void metadataThatLackASubtaskAreRefused(boolean mayDropState) throws IOException {
        CheckpointMetadata.Builder metadata = metadata("counts");
        metadata.getSubtasksBuilder(0).getOperatorsBuilder(0).setParallelism(3);
        SubtaskSnapshot.Builder third = metadata.getSubtasks(0).toBuilder().setSubtask(2);
        third.getOperatorsBuilder(0).setSubtask(2);
        write(metadata.addSubtasks(third).build());
        assertThatThrownBy(() -> check(savepoint, graph(128, "counts"), mayDropState))
                .isInstanceOf(NotRestorableException.class)
                .hasMessageContainingAll(
                        savepoint + "/_metadata",
                        "lack what the subtasks {1} of 3 of operator counts had",
                        "another checkpoint or savepoint");
        SubtaskSnapshot.Builder second = third.clone().setSubtask(1);
        second.getOperatorsBuilder(0).setSubtask(1);
        write(metadata.addSubtasks(second).build());
        assertThat(check(savepoint, graph(128, "counts"), mayDropState).getCheckpoint())
                .as("a job of another parallelism starts from it")
                .isEqualTo(7);
    }

    @Test
    void anotherMaximumParallelismIsRefused() throws IOException {
        assertRefused(savepoint, graph(64, "counts"), savepoint.toString(), "128", "64", "selvage.parallelism.max=128");
    }

    @Test
    void stateThatTheProgramHasNoUseForIsRefusedUnlessItMayBeDropped() throws IOException {
        JobGraph graph = graph(128, "renamed");
        assertRefused(savepoint, graph, savepoint.toString(), "by uid: counts", "--allow-dropped-state");
        assertThat(check(savepoint, graph, true).getCheckpoint()).isEqualTo(7);
    }

    @Test
    void stateOfAStepOfAnotherKindWithTheSameUidIsRefused() throws IOException {
        write(metadata("counts")
                .addSubtasks(SubtaskSnapshot.newBuilder()
                        .addOperators(OperatorSnapshot.newBuilder()
                                .setOperatorUid("lines")
                                .setParallelism(1)
                                .setSmallOperatorState(stateOf(OperatorStateKind.PENDING_OUTPUT))))
                .build());
        assertRefused(
                savepoint,
                graph(OperatorRole.SOURCE_READER),
                savepoint.toString(),
                "has pending output in place of source positions",
                "Give it another one",
                "the uid lines");
        assertRefused(savepoint, graph(OperatorRole.TRANSFORM), "has pending output in place of broadcast state or ");
        assertRefused(savepoint, statelessGraph(), "has pending output in place of event time: ");
        assertThat(check(savepoint, graph(OperatorRole.SINK), false).getCheckpoint())
                .isEqualTo(7);
        assertThat(check(savepoint, graph(OperatorRole.SOURCE_PLANNER), false).getCheckpoint())
                .as("a planner's state may be anything")
                .isEqualTo(7);
    }

    private static ByteString stateOf(OperatorStateKind kind) {
        BinaryWriter out = new BinaryWriter();
        kind.writeHead(out);
        return ByteString.copyFrom(out.toByteArray());
    }

    private static JobGraph graph(OperatorRole ofLines) {
        return graphWith(new Operator("lines", "lines", true, ofLines, Opaque.write("x", "lines")));
    }

    /** As of a map or a filter. */
    private static JobGraph statelessGraph() {
        return graphWith(new Operator("lines", "lines", false, OperatorRole.TRANSFORM, Opaque.write("x", "lines")));
    }

    private static JobGraph graphWith(Operator lines) {
        List<Operator> operators = List.of(
                new Operator("counts", "counts", true, OperatorRole.TRANSFORM, Opaque.write("x", "counts")), lines);
        return new JobGraph("x", 128, Map.of(), List.of(new Vertex(1, "v", 1, operators)), List.of());
    }

    @Test
    void elementsUnderWayNeedTheEdgeThatTheyWereOn() throws IOException {
        CheckpointMetadata.Builder metadata = metadata("counts");
        metadata.getSubtasksBuilder(0)
                .setVertex(2)
                .setChannels(ChannelsSnapshot.newBuilder()
                        .setParallelism(1)
                        .addEdges(ChannelEdge.newBuilder()
                                .setEdge(5)
                                .setFromOperatorUid("reads")
                                .setToOperatorUid("counts")));
        write(metadata.build());
        assertThat(check(twoVertices(5, "reads")).getCheckpoint()).isEqualTo(7);
        assertRefused(savepoint, twoVertices(5, "others"), savepoint.toString(), "from the operator reads to counts");
        assertRefused(savepoint, twoVertices(6, "reads"), "take a savepoint of it");
        metadata.getSubtasksBuilder(0)
                .getChannelsBuilder()
                .setState(Segment.newBuilder().setFile("b.data").setLength(1));
        write(metadata.build());
        assertRefused(savepoint, twoVertices(5, "reads"), "b.data", "missing or too short");
    }

    private static JobGraph twoVertices(int edge, String producer) {
        JobGraph both = graph(128, producer, "counts");
        List<Operator> operators = both.vertices().get(0).operators();
        return new JobGraph(
                "x",
                128,
                Map.of(),
                List.of(
                        new Vertex(1, "from", 1, operators.subList(0, 1)),
                        new Vertex(2, "to", 1, operators.subList(1, 2))),
                List.of(new Edge(edge, 1, 2, Partitioning.HASH, new byte[0])));
    }

    @Test
    void filesThatAreMissingOrTooShortAreRefused() throws IOException {
        Files.write(savepoint.resolve("a.data"), new byte[99]);
        assertRefused(savepoint, graph(128, "counts"), "a.data", "missing or too short");
        Files.delete(savepoint.resolve("a.data"));
        assertRefused(savepoint, graph(128, "counts"), "a.data", "missing or too short");
    }

    // ---- states --------------------------------------------------------------------------------------------------

    private static final class Before extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            states.value(new ValueStateDescriptor<>("count", Integer.class));
            states.value(new ValueStateDescriptor<>("gone", Integer.class));
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {}
    }

    /** Asks for one state, of a type. */
    private static final class After extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private final Class<?> type;

        After(Class<?> type) {
            this.type = type;
        }

        @Override
        public void openState(StateAccess states) {
            if (type == Void.class) {
                throw new IllegalStateException("open was not called");
            }
            states.value(new ValueStateDescriptor<>("count", type));
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {}
    }

    private static JobGraph keyed(KeyedProcessFunction<String, String, String> function) {
        return graph(new OperatorDefinition.KeyedProcess<>(new ByItself(), Serdes.STRING, function));
    }

    private static JobGraph graph(OperatorDefinition definition) {
        Operator operator = new Operator(
                "counts", "count words", true, OperatorRole.TRANSFORM, Opaque.write(definition, "count words"));
        return new JobGraph("words", 128, Map.of(), List.of(new Vertex(1, "v", 1, List.of(operator))), List.of());
    }

    private static final class ByItself implements KeySelector<String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public String key(String element) {
            return element;
        }
    }

    private static final class Stateless extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {}
    }

    private static RowKeyedStateBackend<String> backend() {
        return new RowKeyedStateBackend<>("counts", Serdes.STRING, 128, new KeyGroupRange(0, 128), KeyedOrigin.NOTHING);
    }

    private void writeStatesOf(KeyedProcessFunction<String, String, String> function) throws Exception {
        writeStatesOf(function, new byte[0]);
    }

    /** @param own what the operator keeps beside it */
    private void writeStatesOf(KeyedProcessFunction<String, String, String> function, byte[] own) throws Exception {
        writeStatesOf(backendOf(function), own);
    }

    private static RowKeyedStateBackend<String> backendOf(KeyedProcessFunction<String, String, String> function)
            throws Exception {
        RowKeyedStateBackend<String> backend = backend();
        backend.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        function.openState(backend.states());
        return backend;
    }

    private void writeStatesOf(RowKeyedStateBackend<?> backend, byte[] own) throws Exception {
        backend.opened();
        writeStatesOfOpened(backend, own);
    }

    private void writeStatesOfOpened(RowKeyedStateBackend<?> backend, byte[] own) throws Exception {
        byte[] segment = backend.snapshotWhole(7).complete().bytes();
        CRC32C checksum = new CRC32C();
        checksum.update(segment);
        byte[] file = new byte[20 + segment.length];
        System.arraycopy(segment, 0, file, 20, segment.length);
        Files.write(savepoint.resolve("a.data"), file);
        CheckpointMetadata.Builder metadata = metadata("counts");
        metadata.getSubtasksBuilder(0)
                .getOperatorsBuilder(0)
                .getKeyedStateBuilder(0)
                .setLength(segment.length)
                .setCrc32C((int) checksum.getValue());
        metadata.getSubtasksBuilder(0).getOperatorsBuilder(0).setSmallOperatorState(ByteString.copyFrom(own));
        write(metadata.build());
    }

    private void writeARowOf(KeyedProcessFunction<String, String, String> function) throws Exception {
        RowKeyedStateBackend<String> backend = backend();
        TimerQueue<String, NoNamespace> timers = backend.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        function.openState(backend.states());
        backend.opened();
        backend.setCurrentKey("a");
        timers.register(NoNamespace.NONE, 17);
        writeStatesOfOpened(backend, new byte[0]);
    }

    private static JobGraph joining() {
        return graph(new OperatorDefinition.IntervalJoin<String, String, String, String>(
                new ByItself(),
                new ByItself(),
                Serdes.STRING,
                Serdes.STRING,
                Serdes.STRING,
                0,
                1000,
                new Joining(),
                null,
                null));
    }

    private static final class Joining extends ProcessJoinFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String left, String right, Context context, Collector<String> out) {}
    }

    /** Each function has its timers written, whether it has set one or not. */
    @Test
    void aFunctionThatHasNothingMayBecomeAJoin() throws Exception {
        writeStatesOf(new Stateless());
        assertThat(planned(joining(), false))
                .isNotEmpty()
                .noneMatch(fate -> fate.endsWith("DROPPED"))
                .doesNotContain("refused");
        writeStatesOf(new Before());
        assertThat(planned(joining(), false))
                .noneMatch(fate -> fate.endsWith("DROPPED"))
                .doesNotContain("refused");
    }

    @Test
    void timersOfAFunctionThatIsAJoinNowAreDroppedOnlyOnDemandAndNamedInWords() throws Exception {
        writeARowOf(new Stateless());
        assertThatThrownBy(() -> check(joining()))
                .isInstanceOf(NotRestorableException.class)
                .hasMessageContainingAll(
                        "by uid and name: timers of counts",
                        "keep the step one, or give it another uid",
                        "--allow-dropped-state")
                .hasMessageNotContaining(StateForecast.PROCESS_TIMERS);
        assertThat(planned(joining(), true)).contains("#timers DROPPED").doesNotContain("refused");
    }

    private static final class Forgetful implements Trigger<Object> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            throw new IllegalStateException("open was not called");
        }

        @Override
        public Result onElement(Object element, long timestampMillis, Context context) {
            return Result.CONTINUE;
        }

        @Override
        public Result onTimer(long timestampMillis, TimeDomain domain, Context context) {
            return Result.CONTINUE;
        }
    }

    private static OperatorDefinition windows(long millis, Trigger<Object> trigger) {
        return new OperatorDefinition.WindowAggregate<String, String, String, String, String>(
                new ByItself(),
                Serdes.STRING,
                TumblingWindows.of(Duration.ofMillis(millis)),
                new ReduceAggregate<>((one, other) -> one + other),
                Serdes.STRING,
                new WindowResult.Plain<>(),
                trigger,
                0,
                null);
    }

    @Test
    @SuppressWarnings("unchecked")
    void windowsOfAnotherSizeAreRefusedWhateverElseFails() throws Exception {
        RowKeyedStateBackend<Object> backend = new RowKeyedStateBackend<>(
                "counts",
                (Serde<Object>) (Serde<?>) Serdes.STRING,
                128,
                new KeyGroupRange(0, 128),
                KeyedOrigin.NOTHING);
        WindowStates.of(backend, (OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object>)
                windows(1000, TimeTrigger.create()));
        writeStatesOf(backend, new byte[0]);
        assertRefused(
                savepoint, graph(windows(2000, new Forgetful())), "windows of 1000 ms each", "windows of 2000 ms each");
        assertThat(planned(graph(windows(1000, new Forgetful())), false))
                .singleElement()
                .asString()
                .contains("open was not called");
    }

    private List<String> planned(JobGraph graph, boolean mayDropState) {
        List<String> planned = new ArrayList<>();
        try {
            new StartPointCheck(store, new StartPoint(savepoint.toUri().toString(), mayDropState, false))
                    .check(
                            graph,
                            plan -> plan.operators().forEach(operator -> {
                                operator.states().forEach(fate -> planned.add(fate.state() + " " + fate.kind()));
                                planned.add(operator.untold());
                            }));
        } catch (IOException refused) {
            planned.add("refused");
        }
        return planned;
    }

    @Test
    void statesThatAreAsTheyWereOrWiderAreTakenUp() throws Exception {
        writeARowOf(new Before());
        assertThat(planned(keyed(new Before()), false))
                .containsExactly("#timers RESTORED", "#processing-timers EMPTY", "count RESTORED", "gone RESTORED", "");
        assertThat(planned(keyed(new After(Long.class)), true))
                .containsExactly("#timers RESTORED", "#processing-timers EMPTY", "count EVOLVED", "gone DROPPED", "");
    }

    @Test
    void aStateThatIsNotAskedForAnyMoreIsDroppedOnlyOnDemand() throws Exception {
        writeARowOf(new Before());
        assertRefused(
                savepoint,
                keyed(new After(Integer.class)),
                "that the program's operators do not ask for, by uid and name: counts/gone",
                "--allow-dropped-state");
        assertThat(planned(keyed(new After(Integer.class)), false)).contains("gone DROPPED", "refused");
    }

    @Test
    void aStateOfATypeThatCantBeReadIsRefusedWithOperatorStateAndRemedy() throws Exception {
        writeStatesOf(new Before());
        assertRefused(
                savepoint,
                keyed(new After(String.class)),
                "does not fit the program. The state \"count\" of operator count words",
                "was written as i32 and is now string",
                "give the state another name to start it empty");
        assertThat(planned(keyed(new After(String.class)), true)).contains("count REFUSED", "refused");
    }

    // ---- what operators keep beside it ---------------------------------------------------------------------------

    private static final MapStateDescriptor<String, Long> RULES =
            new MapStateDescriptor<>("rules", Serdes.STRING, Serdes.LONG);
    private static final MapStateDescriptor<String, Long> LIMITS =
            new MapStateDescriptor<>("limits", Serdes.STRING, Serdes.LONG);

    private static final class Ruled extends KeyedBroadcastProcessFunction<String, String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            new Before().openState(states);
        }

        @Override
        public void process(String element, ReadOnlyContext<String> context, Collector<String> out) {}

        @Override
        public void processBroadcast(String element, BroadcastProcessFunction.Context context, Collector<String> out) {}
    }

    private static final class Broadcast extends BroadcastProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, ReadOnlyContext context, Collector<String> out) {}

        @Override
        public void processBroadcast(String element, Context context, Collector<String> out) {}
    }

    private static JobGraph ruled(MapStateDescriptor<?, ?>... states) {
        return graph(new OperatorDefinition.KeyedBroadcastProcess<>(
                new ByItself(), Serdes.STRING, List.of(states), new Ruled()));
    }

    private static JobGraph broadcast(MapStateDescriptor<?, ?>... states) {
        return graph(new OperatorDefinition.BroadcastProcess<>(List.of(states), new Broadcast()));
    }

    private static JobGraph asking() {
        return graph(
                new OperatorDefinition.Async<String, String>((element, future) -> {}, Serdes.STRING, true, 1000, 10));
    }

    private static void writeEventTime(BinaryWriter out) {
        OperatorStateKind.EVENT_TIME.writeHead(out);
        out.writeLong(17);
    }

    /** One with an entry, and one without. */
    private static void writeBroadcast(BinaryWriter out) {
        BroadcastSection.write(
                List.of(
                        new BroadcastSection("rules", "string", "i64", new byte[] {1, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 1}),
                        new BroadcastSection("limits", "string", "i64", new byte[] {0})),
                out);
    }

    private static byte[] timeAndBroadcast() {
        BinaryWriter out = new BinaryWriter();
        writeEventTime(out);
        writeBroadcast(out);
        return out.toByteArray();
    }

    /** Of the operator counts, without keyed state. */
    private void writeOwn(byte[] state) throws IOException {
        CheckpointMetadata.Builder metadata = metadata("counts");
        metadata.getSubtasksBuilder(0)
                .getOperatorsBuilder(0)
                .clearKeyedState()
                .setSmallOperatorState(ByteString.copyFrom(state));
        write(metadata.build());
    }

    @Test
    void broadcastStateThatIsNotAskedForAnyMoreIsDroppedOnlyOnDemand() throws Exception {
        writeStatesOf(new Before(), timeAndBroadcast());
        for (JobGraph without : List.of(keyed(new Before()), ruled(LIMITS))) {
            assertRefused(
                    savepoint,
                    without,
                    savepoint.toString(),
                    "by uid and name: counts/rules (broadcast state). Declare them as they were",
                    "--allow-dropped-state");
            assertThat(planned(without, true))
                    .contains("count RESTORED", "rules DROPPED")
                    .doesNotContain("refused");
        }
        for (JobGraph with : List.of(ruled(RULES, LIMITS), ruled(RULES))) { // Of limits there are none.
            assertThat(planned(with, false)).contains("count RESTORED").doesNotContain("rules DROPPED", "refused");
        }
    }

    @Test
    void broadcastStateWithoutKeysIsDroppedOnlyOnDemandToo() throws Exception {
        BinaryWriter out = new BinaryWriter();
        writeBroadcast(out);
        writeOwn(out.toByteArray());
        assertRefused(savepoint, broadcast(LIMITS), "counts/rules (broadcast state)", "--allow-dropped-state");
        assertThat(planned(broadcast(LIMITS), true)).contains("rules DROPPED").doesNotContain("refused");
        assertThat(planned(broadcast(RULES), false)).doesNotContain("rules DROPPED", "refused");
        assertRefused(savepoint, keyed(new Before()), "has broadcast state in place of event time");
    }

    /** Subtasks may have heard more or less, and the state may be in a file. */
    @Test
    void broadcastStateOfAnySubtaskIsDroppedOnlyOnDemand() throws Exception {
        BinaryWriter none = new BinaryWriter();
        BroadcastSection.write(List.of(new BroadcastSection("rules", "string", "i64", new byte[] {0})), none);
        writeOwn(none.toByteArray());
        assertThat(planned(broadcast(LIMITS), false)).doesNotContain("rules DROPPED", "refused");
        BinaryWriter some = new BinaryWriter();
        writeBroadcast(some);
        CheckpointMetadata.Builder metadata = metadata("counts");
        metadata.getSubtasksBuilder(0)
                .getOperatorsBuilder(0)
                .clearKeyedState()
                .setParallelism(2)
                .setSmallOperatorState(ByteString.copyFrom(none.toByteArray()));
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, savepoint.toUri() + "/b.data")) {
            Segment segment = file.append(some.toByteArray()).toWire();
            file.finish();
            metadata.addSubtasks(SubtaskSnapshot.newBuilder()
                    .setSubtask(1)
                    .addOperators(OperatorSnapshot.newBuilder()
                            .setOperatorUid("counts")
                            .setSubtask(1)
                            .setParallelism(2)
                            .setOperatorState(segment.toBuilder().setFile("b.data"))));
        }
        write(metadata.build());
        assertRefused(savepoint, broadcast(LIMITS), "counts/rules (broadcast state)", "--allow-dropped-state");
    }

    @Test
    void aStepThatAsksOthersDoesNotBecomeOneWithKeys() throws Exception {
        writeOwn(stateOf(OperatorStateKind.UNDER_WAY).toByteArray());
        assertRefused(
                savepoint,
                keyed(new Before()),
                savepoint.toString(),
                "has elements under way in place of event time",
                "Give it another one",
                "the uid counts",
                "--allow-dropped-state");
        assertRefused(savepoint, broadcast(), "has elements under way in place of broadcast state");
        assertThat(check(asking()).getCheckpoint()).isEqualTo(7);
    }

    /** Which such a step also has when it has nothing. */
    @Test
    void ofWhatIsEmptyNothingIsInThePlaceOfAnything() throws Exception {
        BinaryWriter drained = new BinaryWriter();
        OperatorStateKind.UNDER_WAY.writeHead(drained);
        drained.writeString("string");
        drained.writeUnsignedVarInt(0);
        writeOwn(drained.toByteArray());
        for (JobGraph other : List.of(keyed(new Before()), broadcast(RULES), ruled(RULES))) {
            assertThat(check(other).getCheckpoint()).isEqualTo(7);
        }
        BinaryWriter maps = new BinaryWriter();
        BroadcastSection.write(List.of(new BroadcastSection("rules", "string", "i64", new byte[] {0})), maps);
        writeOwn(maps.toByteArray());
        for (JobGraph other : List.of(keyed(new Before()), asking(), ruled(RULES))) {
            assertThat(check(other).getCheckpoint()).isEqualTo(7);
        }
        BinaryWriter asked = new BinaryWriter();
        OperatorStateKind.UNDER_WAY.writeHead(asked);
        asked.writeString("string");
        asked.writeUnsignedVarInt(1);
        writeOwn(asked.toByteArray());
        assertRefused(savepoint, broadcast(RULES), "has elements under way in place of broadcast state");
    }

    @Test
    void keyedStateOfAStepThatHasNoKeysAnyMoreIsDroppedOnlyOnDemand() throws Exception {
        BinaryWriter time = new BinaryWriter();
        writeEventTime(time);
        RowKeyedStateBackend<String> counted = backend();
        ValueState<Integer> count = counted.states().value(new ValueStateDescriptor<>("count", Integer.class));
        counted.states().value(new ValueStateDescriptor<>("gone", Integer.class));
        counted.opened();
        counted.setCurrentKey("a");
        count.update(1);
        writeStatesOfOpened(counted, time.toByteArray());
        JobGraph mapping = graph(new OperatorDefinition.Map<String, String>(element -> element));
        assertRefused(
                savepoint, mapping, "counts/count (keyed state)", "counts/gone (keyed state)", "--allow-dropped-state");
        assertThat(planned(mapping, true))
                .contains("count DROPPED", "gone DROPPED")
                .doesNotContain("refused");
        assertRefused(savepoint, asking(), "has event time in place of elements under way", "the uid counts");
    }

    @Test
    void aStepThatHadNoStateAndNoTimersMayHaveNoKeysAnyMore() throws Exception {
        writeStatesOf(new Stateless());
        JobGraph mapping = graph(new OperatorDefinition.Map<String, String>(element -> element));
        assertThat(planned(mapping, false)).containsOnly("").doesNotContain("refused");
    }

    @Test
    void timersOfAStepThatHasNoKeysAnyMoreAreNamedInWords() throws Exception {
        RowKeyedStateBackend<String> timed = backend();
        TimerQueue<String, NoNamespace> timers = timed.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        timed.opened();
        timed.setCurrentKey("a");
        timers.register(NoNamespace.NONE, 17);
        writeStatesOfOpened(timed, new byte[0]);
        assertRefused(
                savepoint,
                graph(new OperatorDefinition.Map<String, String>(element -> element)),
                "by uid and name: timers of counts",
                "keep the step one, or give it another uid",
                "--allow-dropped-state");
    }

    /** They do not say what it is; that there are keys beside it does, and its length. */
    @Test
    void whatTheFirstVersionsHaveWrittenIsNotTakenForAnything() throws Exception {
        byte[] time = {1, 0, 0, 0, 0, 0, 0, 0, 17};
        writeStatesOf(new Before(), time);
        assertThat(planned(keyed(new Before()), false))
                .contains("count RESTORED")
                .doesNotContain("refused");
        assertRefused(savepoint, asking(), "has event time in place of elements under way");
        writeOwn(time);
        assertThat(check(keyed(new Before())).getCheckpoint())
                .as("a step that assigned timestamps")
                .isEqualTo(7);
        writeOwn(new byte[] {1, 6, 's', 't', 'r', 'i', 'n', 'g', 1, 0, 0, 0, 0, 0, 0, 0, 17, 1, 'a'});
        assertRefused(
                savepoint,
                keyed(new Before()),
                "has state in place of event time that does not say what it is",
                "the uid counts");
        assertThat(check(asking()).getCheckpoint()).isEqualTo(7);
    }

    // ---- what is not told ----------------------------------------------------------------------------------------

    @Test
    void whatAFunctionDoesNotTellHereIsLeftToTheTasks() throws Exception {
        writeStatesOf(new Before());
        assertThat(planned(keyed(new After(Void.class)), false))
                .singleElement()
                .asString()
                .contains("IllegalStateException: open was not called");
        assertThat(planned(graph(128, "counts"), false)).containsExactly("it is of a kind that is asked only there");
    }
}
