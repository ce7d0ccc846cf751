package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SegmentChainsTest {
    private static final StateOwner OWNER = new StateOwner(SubtaskId.of(3, 1), "sums");
    private static final Map<Integer, Integer> PARALLELISM = Map.of(3, 2);

    private final SegmentChains fresh = new SegmentChains(CheckpointMetadata.getDefaultInstance(), PARALLELISM);

    private static KeyedCut cut(long base, long oldestNeeded) {
        return new KeyedCut(new byte[0], base, oldestNeeded);
    }

    private static List<Segment> segments(long... checkpoints) {
        return LongStream.of(checkpoints)
                .mapToObj(checkpoint -> Segment.newBuilder()
                        .setFile("chk-" + checkpoint)
                        .setCheckpoint(checkpoint)
                        .build())
                .toList();
    }

    private static SubtaskSnapshot snapshot(int parallelism, long... checkpoints) {
        return SubtaskSnapshot.newBuilder()
                .setVertex(3)
                .setSubtask(1)
                .addOperators(OperatorSnapshot.newBuilder()
                        .setOperatorUid("sums")
                        .setSubtask(1)
                        .setParallelism(parallelism)
                        .addAllKeyedState(segments(checkpoints)))
                .build();
    }

    private static void store(SegmentChains chains, long... checkpoints) {
        long newest = checkpoints[checkpoints.length - 1];
        long base = checkpoints.length == 1 ? 0 : checkpoints[checkpoints.length - 2];
        chains.stored(new CheckpointId(newest), List.of(snapshot(2, checkpoints)), Set.of(base));
    }

    @Test
    void aCutWithoutABaseStandsAlone() {
        assertThat(fresh.base(OWNER, cut(0, 0))).contains(List.of());
    }

    @Test
    void aCutIsAddedToTheChainOfItsBaseWithoutWhatIsNoLongerNeeded() {
        store(fresh, 1, 2, 3);
        assertThat(fresh.base(OWNER, cut(3, 0))).contains(segments(1, 2, 3));
        assertThat(fresh.base(OWNER, cut(3, 2))).contains(segments(2, 3));
        assertThat(fresh.base(OWNER, cut(3, 4))).contains(List.of());
    }

    @Test
    void theCompletedCheckpointBeforeTheNewestAndWhatWasStoredSinceMayBeABaseAndOlderOnesNot() {
        for (long checkpoint = 1; checkpoint <= 4; checkpoint++) {
            store(fresh, checkpoint);
        }
        fresh.confirm(new CheckpointId(2));
        fresh.confirm(new CheckpointId(4));
        assertThat(fresh.base(OWNER, cut(4, 0))).contains(segments(4));
        assertThat(fresh.base(OWNER, cut(2, 0))).contains(segments(2));
        assertThat(fresh.base(OWNER, cut(3, 0)))
                .as("stored, and never completed")
                .contains(segments(3));
        assertThat(fresh.base(OWNER, cut(1, 0))).isEmpty();
    }

    /** It has cut for each of them before it heard of the one before. */
    @Test
    void whatTheNewestCompletedOneWasAddedToMayBeABaseHoweverOldItIs() {
        store(fresh, 1);
        fresh.confirm(new CheckpointId(1));
        for (long checkpoint = 2; checkpoint <= 30; checkpoint++) {
            assertThat(fresh.base(OWNER, cut(1, 0))).contains(segments(1));
            store(fresh, 1, checkpoint);
            fresh.confirm(new CheckpointId(checkpoint));
        }
        assertThat(fresh.has(new CheckpointId(2))).isFalse();
        store(fresh, 1, 30, 31);
        fresh.confirm(new CheckpointId(31));
        assertThat(fresh.base(OWNER, cut(30, 0))).contains(segments(1, 30));
        assertThat(fresh.base(OWNER, cut(1, 0))).isEmpty();
    }

    @Test
    void ofThoseThatWereStoredAndNotCompletedTheNewestAreKept() {
        store(fresh, 1);
        fresh.confirm(new CheckpointId(1));
        for (long checkpoint = 2; checkpoint <= 100; checkpoint++) {
            store(fresh, checkpoint);
        }
        assertThat(fresh.base(OWNER, cut(1, 0))).contains(segments(1));
        assertThat(fresh.base(OWNER, cut(100, 0))).contains(segments(100));
        assertThat(fresh.base(OWNER, cut(99, 0))).contains(segments(99));
        assertThat(fresh.has(new CheckpointId(50))).isFalse();
    }

    @Test
    void aCompletionThatIsToldAgainForgetsNothing() {
        store(fresh, 1);
        store(fresh, 1, 2);
        fresh.confirm(new CheckpointId(1));
        fresh.confirm(new CheckpointId(2));
        fresh.confirm(new CheckpointId(2));
        fresh.confirm(new CheckpointId(1));
        assertThat(fresh.base(OWNER, cut(1, 0))).isPresent();
        assertThat(fresh.base(OWNER, cut(2, 0))).contains(segments(1, 2));
    }

    @Test
    void aRestoredCheckpointIsABaseFromTheStart() {
        SegmentChains restored = new SegmentChains(metadata(2), PARALLELISM);
        assertThat(restored.base(OWNER, cut(7, 6))).contains(segments(6, 7));
        store(restored, 6, 7, 8);
        restored.confirm(new CheckpointId(8));
        assertThat(restored.base(OWNER, cut(7, 0))).contains(segments(5, 6, 7));
    }

    @Test
    void nothingIsBasedOnWhatAnotherNumberOfSubtasksHasWritten() {
        assertThat(new SegmentChains(metadata(3), PARALLELISM).base(OWNER, cut(7, 0)))
                .isEmpty();
    }

    private static CheckpointMetadata metadata(int parallelism) {
        return CheckpointMetadata.newBuilder()
                .setCheckpoint(7)
                .addSubtasks(snapshot(parallelism, 5, 6, 7))
                .build();
    }
}
