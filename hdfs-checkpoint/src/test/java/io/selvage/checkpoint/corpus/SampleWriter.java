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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Owned by one thread. Puts {@link Sample}s of two subtasks into savepoints and checkpoints, as executors do. */
public final class SampleWriter {
    public static final int PARALLELISM = 2;
    public static final String JOB = "job-5f0c1b2a9e47";
    private static final Incarnation INCARNATION = new Incarnation(1);

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final boolean isOnDisk;
    private final List<Map<String, Sample>> samples = new ArrayList<>(); // By subtask and uid.
    private final List<Map<String, List<Segment>>> chains = new ArrayList<>(); // The same.

    /** @param disk null: state in the heap */
    public SampleWriter(DurableStore store, @Nullable RocksEnvironment disk) throws Exception {
        this(store, disk, Samples.SMALL);
    }

    SampleWriter(DurableStore store, @Nullable RocksEnvironment disk, Samples which) throws Exception {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.isOnDisk = disk != null;
        for (int i = 0; i < PARALLELISM; i++) {
            var range = KeyGroups.rangeOf(i, PARALLELISM, SampleState.GROUPS);
            Map<String, Sample> ofSubtask = new LinkedHashMap<>();
            Map<String, List<Segment>> none = new LinkedHashMap<>();
            for (String uid : which.uids()) {
                Sample sample = which.of(uid, range, KeyedOrigin.NOTHING, disk);
                sample.fill();
                ofSubtask.put(uid, sample);
                none.put(uid, new ArrayList<>());
            }
            samples.add(ofSubtask);
            chains.add(none);
        }
    }

    public void change(int number, long cents) {
        for (Map<String, Sample> ofSubtask : samples) {
            if (ofSubtask.get(SampleState.UID) instanceof SampleState state && state.has(number)) {
                state.change(number, cents);
            }
        }
    }

    public void close() {
        for (Map<String, Sample> ofSubtask : samples) {
            for (Sample sample : ofSubtask.values()) {
                var retained = sample.backend().retain();
                if (retained != null) {
                    retained.close();
                }
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
                Map<String, List<Segment>> keyed = new LinkedHashMap<>();
                for (Map.Entry<String, Sample> each : samples.get(i).entrySet()) {
                    KeyedCut cut =
                            each.getValue().backend().snapshotWhole(number).complete();
                    keyed.put(each.getKey(), List.of(segment(writer.append(cut::writeTo), number, true)));
                }
                Segment other = segment(writer.append(new byte[] {1, 2, 3}), number, true);
                metadata.addSubtasks(subtask(i, keyed, other));
                writer.finish();
            }
            samples.get(i).values().forEach(sample -> sample.backend().abort(number, false));
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
                Map<String, List<Segment>> ofSubtask = chains.get(i);
                for (Map.Entry<String, Sample> each : samples.get(i).entrySet()) {
                    KeyedCut cut = each.getValue().backend().snapshot(number).complete();
                    List<Segment> chain = Objects.requireNonNull(ofSubtask.get(each.getKey()));
                    chain.removeIf(segment -> cut.base() == 0 || segment.getCheckpoint() < cut.oldestNeeded());
                    chain.add(segment(writer.append(cut::writeTo), number, false));
                }
                Segment other = segment(writer.append(new byte[] {4, 5}), number, false);
                metadata.addSubtasks(subtask(i, ofSubtask, other));
                writer.finish();
            }
            samples.get(i).values().forEach(sample -> sample.backend().confirm(number));
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

    private SubtaskSnapshot subtask(int index, Map<String, List<Segment>> keyed, Segment other) {
        SubtaskSnapshot.Builder snapshot =
                SubtaskSnapshot.newBuilder().setVertex(2).setSubtask(index);
        keyed.forEach((uid, segments) -> snapshot.addOperators(OperatorSnapshot.newBuilder()
                .setOperatorUid(uid)
                .setSubtask(index)
                .setParallelism(PARALLELISM)
                .setBackend(isOnDisk ? StateBackend.ROCKSDB : StateBackend.HEAP)
                .addAllKeyedState(segments)
                .setSmallOperatorState(ByteString.copyFromUtf8("small"))));
        return snapshot.addOperators(OperatorSnapshot.newBuilder()
                        .setOperatorUid("large")
                        .setSubtask(index)
                        .setParallelism(PARALLELISM)
                        .setOperatorState(other))
                .setRecordsRead(10)
                .build();
    }
}
