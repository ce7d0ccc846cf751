package io.selvage.checkpoint.corpus;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StateBackend;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by one thread. Puts a {@link SampleState} of two subtasks into savepoints and checkpoints, as executors do. */
public final class SampleWriter {
    public static final int PARALLELISM = 2;
    public static final String JOB = "job-5f0c1b2a9e47";
    private static final Incarnation INCARNATION = new Incarnation(1);

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final boolean isOnDisk;
    private final List<SampleState> states = new ArrayList<>();
    private final List<List<Segment>> chains = new ArrayList<>();

    /** @param disk null: state in the heap */
    public SampleWriter(DurableStore store, @Nullable RocksEnvironment disk) throws Exception {
        this(store, disk, false);
    }

    /** @param isLarge some keys have large maps and lists as well */
    SampleWriter(DurableStore store, @Nullable RocksEnvironment disk, boolean isLarge) throws Exception {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.isOnDisk = disk != null;
        for (int i = 0; i < PARALLELISM; i++) {
            var range = KeyGroups.rangeOf(i, PARALLELISM, SampleState.GROUPS);
            states.add(
                    disk == null
                            ? SampleState.inHeap(range, KeyedOrigin.NOTHING, isLarge)
                            : SampleState.onDisk(range, KeyedOrigin.NOTHING, disk, isLarge));
            states.get(i).fill();
            chains.add(new ArrayList<>());
        }
    }

    public void change(int number, long cents) {
        states.stream().filter(state -> state.has(number)).forEach(state -> state.change(number, cents));
    }

    public void close() {
        for (SampleState state : states) {
            var retained = state.backend().retain();
            if (retained != null) {
                retained.close();
            }
        }
    }

    /** Answers its metadata's file. */
    public String savepoint(String directory, long number) throws Exception {
        SavepointLayout layout = new SavepointLayout(directory);
        CheckpointMetadata.Builder metadata = metadata(number).setSavepoint(true);
        for (int i = 0; i < PARALLELISM; i++) {
            ExecutorId executor = new ExecutorId("container_" + (i + 1));
            String file = layout.dataFile(new CheckpointId(number), executor, INCARNATION);
            try (SnapshotFileWriter writer = new SnapshotFileWriter(store, file)) {
                KeyedCut cut = states.get(i).backend().snapshotWhole(number).complete();
                Segment keyed = segment(writer.append(cut::writeTo), number, true);
                Segment other = segment(writer.append(new byte[] {1, 2, 3}), number, true);
                metadata.addSubtasks(subtask(i, List.of(keyed), other));
                writer.finish();
            }
            states.get(i).backend().abort(number, false);
        }
        return checkpoints.writeSavepoint(layout, metadata.build());
    }

    /** One that is complete: later ones build on it. Answers its metadata's file. */
    public String checkpoint(CheckpointLayout layout, long number) throws Exception {
        CheckpointMetadata.Builder metadata = metadata(number);
        for (int i = 0; i < PARALLELISM; i++) {
            ExecutorId executor = new ExecutorId("container_" + (i + 1));
            String file = layout.dataFile(new CheckpointId(number), executor, INCARNATION);
            try (SnapshotFileWriter writer = new SnapshotFileWriter(store, file)) {
                KeyedCut cut = states.get(i).backend().snapshot(number).complete();
                List<Segment> chain = chains.get(i);
                chain.removeIf(segment -> cut.base() == 0 || segment.getCheckpoint() < cut.oldestNeeded());
                chain.add(segment(writer.append(cut::writeTo), number, false));
                metadata.addSubtasks(subtask(i, chain, segment(writer.append(new byte[] {4, 5}), number, false)));
                writer.finish();
            }
            states.get(i).backend().confirm(number);
        }
        return checkpoints.writeMetadata(layout, metadata.build());
    }

    private static Segment segment(SegmentHandle handle, long number, boolean isSavepoint) {
        Segment.Builder segment = handle.toWire().toBuilder().setCheckpoint(number);
        if (isSavepoint) {
            segment.setFile(SavepointLayout.fileName(segment.getFile()));
        }
        return segment.build();
    }

    private static CheckpointMetadata.Builder metadata(long number) {
        return CheckpointMetadata.newBuilder()
                .setFormat(CheckpointStore.METADATA_FORMAT)
                .setJobId(JOB)
                .setCheckpoint(number)
                .setIncarnation(INCARNATION.value())
                .setEpoch(1)
                .setTriggerTimeMillis(1_700_000_000_000L + number)
                .setMaxParallelism(SampleState.GROUPS);
    }

    private SubtaskSnapshot subtask(int index, List<Segment> keyed, Segment other) {
        return SubtaskSnapshot.newBuilder()
                .setVertex(2)
                .setSubtask(index)
                .addOperators(OperatorSnapshot.newBuilder()
                        .setOperatorUid(SampleState.UID)
                        .setSubtask(index)
                        .setParallelism(PARALLELISM)
                        .setBackend(isOnDisk ? StateBackend.ROCKSDB : StateBackend.HEAP)
                        .addAllKeyedState(keyed)
                        .setSmallOperatorState(ByteString.copyFromUtf8("small")))
                .addOperators(OperatorSnapshot.newBuilder()
                        .setOperatorUid("large")
                        .setSubtask(index)
                        .setParallelism(PARALLELISM)
                        .setOperatorState(other))
                .setRecordsRead(10)
                .build();
    }
}
