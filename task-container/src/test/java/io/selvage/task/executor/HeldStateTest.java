package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HeldStateTest {
    private static final KeyGroupRange ALL = new KeyGroupRange(0, 16);
    private static final StateOwner OWNER = new StateOwner(SubtaskId.of(2, 0), "count");
    private static final StateOwner OTHER = new StateOwner(SubtaskId.of(2, 1), "count");

    private final HeldState held = new HeldState();
    private final ClassLoader loader = getClass().getClassLoader();

    private HeldState.Retained retained(long incarnation, long restoredCheckpoint) {
        return retained(incarnation, incarnation, restoredCheckpoint);
    }

    private HeldState.Retained retained(long since, long incarnation, long restoredCheckpoint) {
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("count", Serdes.STRING, 16, new KeyGroupRange(0, 16), KeyedOrigin.NOTHING);
        backend.opened();
        RetainedState state = Objects.requireNonNull(backend.retain());
        return new HeldState.Retained(state, since, incarnation, restoredCheckpoint, 2, loader);
    }

    private static CheckpointMetadata metadata(long checkpoint, long incarnation) {
        return CheckpointMetadata.newBuilder()
                .setCheckpoint(checkpoint)
                .setIncarnation(incarnation)
                .build();
    }

    @Test
    void leadsToACheckpointOfItsOwnIncarnationAndToTheOneItStartedFrom() {
        HeldState.Retained left = retained(3, 7);
        assertThat(left.leadsTo(metadata(9, 3), 2, loader)).isTrue();
        assertThat(left.leadsTo(metadata(7, 2), 2, loader)).isTrue();
    }

    /** It was cut off when incarnation 4 took checkpoint 8, and has cut an 8 of its own that nobody completed. */
    @Test
    void aCheckpointOfTheSameNumberByAnotherIncarnationIsAnother() {
        assertThat(retained(3, 7).leadsTo(metadata(8, 4), 2, loader)).isFalse();
    }

    @Test
    void leadsToCheckpointsOfAllIncarnationsInWhichItHasGoneOn() {
        HeldState.Retained left = retained(3, 5, 7);
        assertThat(left.leadsTo(metadata(9, 2), 2, loader)).isFalse();
        assertThat(left.leadsTo(metadata(9, 3), 2, loader)).isTrue();
        assertThat(left.leadsTo(metadata(9, 4), 2, loader)).isTrue();
        assertThat(left.leadsTo(metadata(9, 5), 2, loader)).isTrue();
        assertThat(left.leadsTo(metadata(9, 6), 2, loader)).isFalse();
    }

    @Test
    void anotherNumberOfSubtasksOrAnotherProgramIsAnotherState() {
        HeldState.Retained left = retained(3, 7);
        assertThat(left.leadsTo(metadata(9, 3), 3, loader)).isFalse();
        assertThat(left.leadsTo(metadata(9, 3), 2, ClassLoader.getPlatformClassLoader()))
                .isFalse();
    }

    @Test
    void whatSubtasksThatAreNotPlacedHereHaveLeftIsLetGo() {
        held.retain(OWNER, retained(1, 0));
        held.retain(OTHER, retained(1, 0));
        held.retainOnly(List.of(OWNER.subtask()));
        assertThat(held.takeRetained(OTHER)).isNull();
        assertThat(held.takeRetained(OWNER)).isNotNull();
        assertThat(held.takeRetained(OWNER)).as("once").isNull();
    }

    @Test
    void aReplicaTakesThePlaceOfWhatASubtaskHasLeftAndTheOtherWayRound() {
        held.retain(OWNER, retained(1, 0));
        held.replica(OWNER, ALL, () -> new KeyedReplica("count", ALL));
        assertThat(held.hasRetained()).isFalse();
        held.retain(OWNER, retained(2, 0));
        assertThat(held.hasReplica(OWNER)).isFalse();
    }

    @Test
    void aReplicaOfTheKeyGroupsOfAnotherParallelismIsNotAddedTo() {
        HeldReplica before = held.replica(OWNER, ALL, () -> new KeyedReplica("count", ALL));
        assertThat(held.replica(OWNER, ALL, () -> new KeyedReplica("count", ALL)))
                .isSameAs(before);
        KeyGroupRange half = new KeyGroupRange(0, 8);
        HeldReplica after = held.replica(OWNER, half, () -> new KeyedReplica("count", half));
        assertThat(after).isNotSameAs(before);
        assertThat(after.isOf(half)).isTrue();
    }

    @Test
    void aRunningSubtaskLeavesNothingBehindOfWhatItHasNotTaken() {
        held.retain(OWNER, retained(1, 0));
        held.replica(OTHER, ALL, () -> new KeyedReplica("count", ALL));
        held.drop(OWNER.subtask());
        held.drop(OTHER.subtask());
        assertThat(held.hasRetained()).isFalse();
        assertThat(held.hasReplica(OTHER)).isFalse();
    }
}
