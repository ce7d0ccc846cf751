package io.selvage.checkpoint.content;

import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.StateCensus;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StateBackend;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Owned by one thread; each call blocks on the file system. Describes a checkpoint or savepoint. State of the heap is
 * read as a whole, one subtask's at a time; of state on the disk only the heads of its segments.
 */
public final class CheckpointReader {
    private final CheckpointStore checkpoints;
    private final SegmentReader segments;

    /** @param store that takes fully qualified paths */
    public CheckpointReader(DurableStore store) {
        this.checkpoints = new CheckpointStore(store);
        this.segments = new SegmentReader(store);
    }

    /**
     * Reads what lies at a path: the directory of a checkpoint or savepoint, or the metadata in it.
     *
     * @throws SegmentDamagedException if there is none, or it is damaged, with a sentence
     */
    public CheckpointContents read(String path, ReadProgress progress) throws IOException {
        String file = checkpoints.metadataFile(path);
        CheckpointMetadata metadata = checkpoints.readMetadata(file);
        Map<String, OperatorSum> operators = new LinkedHashMap<>();
        long total = bytesToRead(metadata);
        long done = 0;
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                OperatorSum sum = operators.computeIfAbsent(
                        operator.getOperatorUid(), uid -> new OperatorSum(operator, metadata.getMaxParallelism()));
                sum.add(operator, subtask.getRecordsRead());
                if (operator.getKeyedStateCount() > 0) {
                    sum.add(census(operator, metadata.getMaxParallelism()));
                }
                done += bytesToRead(operator);
                progress.onRead(done, total);
            }
        }
        return new CheckpointContents(
                file,
                metadata,
                operators.values().stream().map(OperatorSum::contents).toList(),
                CheckpointStore.segmentsOf(metadata.getSubtasksList())
                        .distinct()
                        .mapToLong(Segment::getLength)
                        .sum(),
                references(metadata));
    }

    private static long bytesToRead(CheckpointMetadata metadata) {
        return metadata.getSubtasksList().stream()
                .flatMap(subtask -> subtask.getOperatorsList().stream())
                .mapToLong(CheckpointReader::bytesToRead)
                .sum();
    }

    private static long bytesToRead(OperatorSnapshot operator) {
        return operator.getBackend() == StateBackend.ROCKSDB ? 0 : storedBytes(operator);
    }

    private static long storedBytes(OperatorSnapshot operator) {
        return operator.getKeyedStateList().stream()
                .mapToLong(Segment::getLength)
                .sum();
    }

    private StateCensus census(OperatorSnapshot operator, int maxParallelism) throws IOException {
        String uid = operator.getOperatorUid();
        try {
            if (operator.getBackend() == StateBackend.ROCKSDB) {
                // Each knows what the state has at its time.
                Segment newest = operator.getKeyedState(operator.getKeyedStateCount() - 1);
                try (InputStream in = segments.open(SegmentHandle.fromWire(newest))) {
                    return StateCensus.ofHead(in, uid);
                }
            }
            var groups = KeyedStateLoader.rangeOf(operator, maxParallelism);
            KeyedReplica replica = new KeyedReplica(uid, groups);
            new KeyedStateLoader(segments::open).load(replica, groups, maxParallelism, List.of(operator), length -> {});
            return replica.census();
        } catch (RuntimeException damaged) {
            throw new SegmentDamagedException(
                    "The keyed state of operator " + uid + " in subtask " + operator.getSubtask()
                            + " is not what a backend has written: " + damaged.getMessage(),
                    damaged);
        }
    }

    private static SortedSet<String> references(CheckpointMetadata metadata) {
        SortedSet<String> directories = new TreeSet<>();
        CheckpointStore.segmentsOf(metadata.getSubtasksList())
                .filter(segment -> segment.getCheckpoint() != metadata.getCheckpoint())
                .forEach(segment -> directories.add(
                        segment.getFile().substring(0, segment.getFile().lastIndexOf('/'))));
        return directories;
    }

    /** Owned by the reader: what the subtasks of one operator come to. */
    private static final class OperatorSum {
        private final OperatorSnapshot first;
        private final int maxParallelism;
        private final Map<String, StateCensus.StateSize> states = new LinkedHashMap<>();
        private String keySchema = "";
        private StateBackend backend = StateBackend.HEAP;
        private long keys;
        private long storedBytes;
        private int segments;
        private long operatorStateBytes;
        private long[] groupBytes = {};
        private long recordsRead;

        OperatorSum(OperatorSnapshot first, int maxParallelism) {
            this.first = first;
            this.maxParallelism = maxParallelism;
        }

        void add(OperatorSnapshot operator, long read) {
            storedBytes += storedBytes(operator);
            segments += operator.getKeyedStateCount();
            operatorStateBytes += operator.getOperatorState().getLength()
                    + operator.getSmallOperatorState().size();
            recordsRead += read;
            if (operator.getBackend() != StateBackend.HEAP) {
                backend = operator.getBackend();
            }
        }

        void add(StateCensus census) {
            keySchema = census.keySchema();
            keys = sum(keys, census.keys());
            census.states()
                    .forEach(state -> states.merge(
                            state.name(),
                            state,
                            (one, other) -> new StateCensus.StateSize(
                                    one.kind(),
                                    one.name(),
                                    one.schema(),
                                    sum(one.keys(), other.keys()),
                                    sum(one.bytes(), other.bytes()))));
            if (groupBytes.length == 0) {
                groupBytes = new long[maxParallelism];
            }
            for (int i = 0; i < census.range().count(); i++) {
                groupBytes[census.range().first() + i] += census.groupBytes()[i];
            }
        }

        private static long sum(long one, long other) {
            return one == StateCensus.UNKNOWN || other == StateCensus.UNKNOWN ? StateCensus.UNKNOWN : one + other;
        }

        OperatorContents contents() {
            return new OperatorContents(
                    first.getOperatorUid(),
                    first.getParallelism(),
                    backend,
                    keySchema,
                    new ArrayList<>(states.values()),
                    keys,
                    storedBytes,
                    segments,
                    operatorStateBytes,
                    groupBytes,
                    recordsRead);
        }
    }
}
