package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read before it is asked for, by a pool whose turn the test decides. */
class RestoredCheckpointTest {
    private static final int GROUPS = 16;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final StateOwner OWNER = new StateOwner(SubtaskId.of(2, 0), "count");
    private static final String FILE = "chk-1/0";
    private static final StateBackends BACKENDS = new StateBackends(KeyedBackends.HEAP, () -> {
        throw new AssertionError("there is no state on the disk");
    });

    @TempDir
    Path directory;

    private final HeldState held = new HeldState();
    private final RestoreFigures figures = new RestoreFigures(null);
    private final Deque<Runnable> pool = new ArrayDeque<>();
    private DurableStore store;
    private CheckpointMetadata metadata;

    @BeforeEach
    void write() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(directory.toUri()), new Configuration());
        RowKeyedStateBackend<String> backend = backend(KeyedOrigin.NOTHING);
        ValueState<Long> counter = counter(backend);
        backend.setCurrentKey("key");
        counter.update(5L);
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, FILE)) {
            var segment = file.append(backend.snapshot(1).complete()::writeTo).toWire().toBuilder()
                    .setCheckpoint(1);
            file.finish();
            metadata = CheckpointMetadata.newBuilder()
                    .setCheckpoint(1)
                    .setJobId("job-a")
                    .setMaxParallelism(GROUPS)
                    .addSubtasks(SubtaskSnapshot.newBuilder()
                            .setVertex(2)
                            .addOperators(OperatorSnapshot.newBuilder()
                                    .setOperatorUid("count")
                                    .setParallelism(1)
                                    .addKeyedState(segment)))
                    .build();
        }
    }

    private static RowKeyedStateBackend<String> backend(KeyedOrigin origin) {
        return new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, ALL, origin);
    }

    private static ValueState<Long> counter(RowKeyedStateBackend<String> backend) {
        ValueState<Long> counter = backend.states().value(new ValueStateDescriptor<>("counter", Serdes.LONG));
        backend.opened();
        return counter;
    }

    private RestoredCheckpoint restored(CheckpointMetadata from) {
        return new RestoredCheckpoint(from, new SegmentReader(store), held, BACKENDS, StateBackendKind.HEAP, figures);
    }

    private RestoredCheckpoint begun() {
        RestoredCheckpoint restored = restored(metadata);
        restored.readAhead("job-a", Set.of(OWNER.subtask()), Map.of(2, 1), pool::add);
        assertThat(pool).hasSize(1);
        return restored;
    }

    private @Nullable Long ask(RestoredCheckpoint restored) {
        RowKeyedStateBackend<String> backend =
                backend(restored.of(OWNER, 1, getClass().getClassLoader()).keyed());
        ValueState<Long> counter = counter(backend);
        backend.setCurrentKey("key");
        return counter.value();
    }

    @Test
    void whatWasReadAheadIsNotReadAgain() throws Exception {
        RestoredCheckpoint restored = begun();
        pool.remove().run();
        store.delete(FILE);
        assertThat(ask(restored)).isEqualTo(5);
        assertThat(figures.read()).isEqualTo(1);
        assertThat(figures.segments()).isEqualTo(1);
    }

    @Test
    void whoComesBeforeThePoolReadsItself() throws Exception {
        RestoredCheckpoint restored = begun();
        assertThat(ask(restored)).isEqualTo(5);
        store.delete(FILE);
        pool.remove().run();
        assertThat(figures.read()).isEqualTo(1);
        assertThat(figures.segments()).isEqualTo(1);
    }

    @Test
    void whoComesWhileItIsReadWaitsForIt() throws Exception {
        RestoredCheckpoint restored = begun();
        Thread reading = new Thread(pool.remove());
        reading.start();
        assertThat(ask(restored)).isEqualTo(5);
        reading.join();
        assertThat(figures.segments()).isEqualTo(1);
    }

    @Test
    void whatFailedToBeReadAheadFailsWhereItIsAskedFor() throws Exception {
        RestoredCheckpoint restored = begun();
        store.delete(FILE);
        pool.remove().run();
        assertThatThrownBy(() -> ask(restored)).hasCauseInstanceOf(SegmentDamagedException.class);
    }

    @Test
    void whatAnythingHereLeadsToAndWhatStartsElsewhereIsNotReadAhead() {
        restored(metadata).readAhead("job-a", Set.of(SubtaskId.of(2, 1)), Map.of(2, 1), pool::add);
        restored(metadata).readAhead("job-a", Set.of(OWNER.subtask()), Map.of(2, 2), pool::add);
        restored(metadata.toBuilder().setSavepoint(true).build())
                .readAhead("job-a", Set.of(OWNER.subtask()), Map.of(2, 1), pool::add);
        restored(metadata).readAhead("job-b", Set.of(OWNER.subtask()), Map.of(2, 1), pool::add);
        held.replica(OWNER, ALL, () -> KeyedBackends.HEAP.replica("count", ALL));
        restored(metadata).readAhead("job-a", Set.of(OWNER.subtask()), Map.of(2, 1), pool::add);
        assertThat(pool).isEmpty();
    }
}
