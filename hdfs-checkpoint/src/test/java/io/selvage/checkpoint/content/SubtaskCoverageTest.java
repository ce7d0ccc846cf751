package io.selvage.checkpoint.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.BinaryWriter;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SubtaskCoverageTest {
    @TempDir
    Path root;

    private DurableStore store;
    private SubtaskCoverage coverage;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
        coverage = new SubtaskCoverage(new SegmentReader(store));
    }

    private static OperatorSnapshot.Builder operator(String uid, int subtask, int parallelism) {
        return OperatorSnapshot.newBuilder()
                .setOperatorUid(uid)
                .setSubtask(subtask)
                .setParallelism(parallelism);
    }

    private static OperatorSnapshot.Builder keyed(int subtask, int parallelism) {
        return operator("counts", subtask, parallelism)
                .addKeyedState(Segment.newBuilder().setFile("a.data").setLength(1));
    }

    private static OperatorSnapshot.Builder own(byte[] state, int subtask, int parallelism) {
        return operator("lines", subtask, parallelism).setSmallOperatorState(ByteString.copyFrom(state));
    }

    private static byte[] stateOf(OperatorStateKind kind) {
        BinaryWriter out = new BinaryWriter();
        kind.writeHead(out);
        return out.toByteArray();
    }

    private static SubtaskSnapshot subtask(int index, OperatorSnapshot.Builder... operators) {
        SubtaskSnapshot.Builder subtask =
                SubtaskSnapshot.newBuilder().setVertex(2).setSubtask(index);
        for (OperatorSnapshot.Builder operator : operators) {
            subtask.addOperators(operator);
        }
        return subtask.build();
    }

    private static CheckpointMetadata of(SubtaskSnapshot... subtasks) {
        return CheckpointMetadata.newBuilder().addAllSubtasks(List.of(subtasks)).build();
    }

    private List<String> gaps(SubtaskSnapshot... subtasks) throws IOException {
        return coverage.gaps(of(subtasks));
    }

    @Test
    void whatNamesEverySubtaskIsWhole() throws IOException {
        assertThat(gaps()).isEmpty();
        List<SubtaskSnapshot> subtasks = new ArrayList<>();
        for (int i = 3; i >= 0; i--) {
            subtasks.add(subtask(i, keyed(i, 4), own(stateOf(OperatorStateKind.EVENT_TIME), i, 4)));
        }
        subtasks.add(SubtaskSnapshot.newBuilder().setVertex(3).setSubtask(1).build()); // Without any state.
        assertThat(gaps(subtasks.toArray(SubtaskSnapshot[]::new))).isEmpty();
    }

    @Test
    void aSubtaskThatIsNotNamedIsSaidWithFileOperatorAndRemedy() {
        for (SubtaskSnapshot other : List.of(subtask(1), subtask(2, keyed(2, 3)))) {
            assertThatThrownBy(() -> coverage.require(of(subtask(0, keyed(0, 3)), other), "hdfs://n/sp/_metadata"))
                    .isInstanceOf(SegmentDamagedException.class)
                    .hasMessageContainingAll(
                            "hdfs://n/sp/_metadata",
                            "of 3 of operator counts had",
                            "from an HDFS snapshot or backup",
                            "another checkpoint or savepoint");
        }
        assertThatCode(() -> coverage.require(of(subtask(0, keyed(0, 1))), "hdfs://n/sp/_metadata"))
                .doesNotThrowAnyException();
    }

    @Test
    void allThatAreMissingAreSaidInOne() throws IOException {
        assertThat(gaps(subtask(1, keyed(1, 4), own(stateOf(OperatorStateKind.EVENT_TIME), 1, 4))))
                .containsExactly(
                        "The metadata lack what the subtasks {0, 2, 3} of 4 of operator counts had.",
                        "The metadata lack what the subtasks {0, 2, 3} of 4 of operator lines had.");
    }

    @Test
    void aSubtaskThatIsNamedWithoutWhatTheOthersHaveIsSaid() throws IOException {
        assertThat(gaps(
                        subtask(0, operator("counts", 0, 2)),
                        subtask(1, keyed(1, 2).setSmallOperatorState(ByteString.copyFromUtf8("x")))))
                .containsExactly(
                        "The metadata lack the keyed state that the subtasks {0} of operator counts had.",
                        "The metadata lack the state beside keyed state that the subtasks {0} of operator counts had.");
        Segment empty = Segment.newBuilder().setFile("a.data").build();
        assertThat(gaps(
                        subtask(0, operator("lines", 0, 2).setOperatorState(empty)),
                        subtask(1, own(new byte[] {1}, 1, 2))))
                .as("of no bytes")
                .isEmpty();
    }

    /** Which an operator that folds ahead of an exchange is not in where it has nothing, from the first version on. */
    @Test
    void aSubtaskWithoutPartialAggregatesIsWhole() throws IOException {
        byte[] some = stateOf(OperatorStateKind.PARTIAL_AGGREGATES);
        byte[] ofTheFirstVersion = {1, 7};
        Segment large;
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, "large.data")) {
            large = file.append(some).toWire();
            file.finish();
        }
        assertThat(gaps(subtask(0), subtask(1, own(some, 1, 2)))).isEmpty();
        assertThat(gaps(subtask(0), subtask(1, own(ofTheFirstVersion, 1, 2)))).isEmpty();
        assertThat(gaps(subtask(0), subtask(1, operator("lines", 1, 2).setOperatorState(large))))
                .isEmpty();
        assertThat(gaps(subtask(1, own(some, 1, 2))))
                .as("the subtask itself is always named")
                .containsExactly("The metadata lack what the subtasks {0} of 2 of operator lines had.");
        assertThat(gaps(subtask(0), subtask(1, own(some, 1, 2).addKeyedState(large))))
                .hasSize(1);
    }

    /** Each is a file that is opened: a call to the NameNode. */
    @Test
    void oneHeadIsReadAndOnlyIfItDecides() throws IOException {
        Segment large;
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, "large.data")) {
            large = file.append(stateOf(OperatorStateKind.PARTIAL_AGGREGATES)).toWire();
            file.finish();
        }
        Segment unreadable =
                Segment.newBuilder().setFile("none.data").setLength(9).build();
        OperatorSnapshot.Builder other = operator("lines", 2, 3).setOperatorState(unreadable);
        assertThat(gaps(subtask(0), subtask(1, operator("lines", 1, 3).setOperatorState(large)), subtask(2, other)))
                .as("the first one says it")
                .isEmpty();
        assertThat(gaps(subtask(2, other)))
                .as("subtasks are missing whatever it says")
                .containsExactly("The metadata lack what the subtasks {0, 1} of 3 of operator lines had.");
    }

    @Test
    void whoReadsOneOperatorNeedsNoOther() throws IOException {
        CheckpointMetadata metadata = of(subtask(0, keyed(0, 1), own(new byte[] {0x61}, 0, 2)));
        assertThatCode(() -> coverage.requireOperator(metadata, "counts", "_metadata"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> coverage.requireOperator(metadata, "lines", "_metadata"))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContainingAll("_metadata", "{1} of 2 of operator lines");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PARTIAL_AGGREGATES")
    void anySubtaskHasStateOfAnyOtherKind(OperatorStateKind kind) throws IOException {
        assertThat(gaps(subtask(0), subtask(1, own(stateOf(kind), 1, 2))))
                .containsExactly("The metadata lack what the subtasks {0} of 2 of operator lines had.");
    }

    @Test
    void aSubtaskInThePlaceOfAnotherIsSaid() throws IOException {
        assertThat(gaps(subtask(0, keyed(0, 2)), subtask(1, keyed(1, 2)), subtask(1, keyed(1, 2))))
                .containsExactly("The metadata hold the subtasks {1} of operator counts twice.");
        assertThat(gaps(subtask(0, keyed(0, 1)), subtask(1, keyed(1, 1))))
                .containsExactly("The metadata hold the subtasks {1} of operator counts, which had 1.");
        assertThat(gaps(subtask(0, keyed(0, 2)), subtask(1, keyed(1, 3))))
                .containsExactly("The metadata say that operator counts had the parallelism 2, and 3 as well.");
    }

    @Test
    void elementsUnderWayToASubtaskThatIsNotNamedAreMissing() throws IOException {
        SubtaskSnapshot first = subtask(0).toBuilder()
                .setChannels(ChannelsSnapshot.newBuilder()
                        .setParallelism(2)
                        .addEdges(ChannelEdge.newBuilder().setEdge(5).setToOperatorUid("maps")))
                .build();
        assertThat(gaps(first))
                .containsExactly("The metadata lack what was under way to the subtasks {1} of 2 of operator maps.");
        assertThat(gaps(first, subtask(1))).as("nothing was").isEmpty();
    }

    @Test
    void ofItsOwnCheckpointAJobHasEachVertex() {
        CheckpointMetadata metadata = of(subtask(0, keyed(0, 1)));
        assertThatCode(() -> SubtaskCoverage.requireVertices(metadata, graph(2), "_metadata"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> SubtaskCoverage.requireVertices(metadata, graph(2, 3), "_metadata"))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContainingAll("_metadata", "all subtasks of vertex 3", "uid-3", "HDFS snapshot or backup");
    }

    private static JobGraph graph(int... vertices) {
        List<Vertex> made = new ArrayList<>();
        for (int id : vertices) {
            String uid = "uid-" + id;
            made.add(new Vertex(
                    id,
                    "vertex " + id,
                    1,
                    List.of(new Operator(uid, uid, true, OperatorRole.TRANSFORM, Opaque.write("x", uid)))));
        }
        return new JobGraph("x", 128, Map.of(), made, List.of());
    }
}
