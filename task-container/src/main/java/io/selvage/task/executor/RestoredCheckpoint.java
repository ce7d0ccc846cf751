package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.RestoredState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a job goes on from; immutable. Each state is read when a subtask asks for it, by that subtask's thread. */
final class RestoredCheckpoint {
    private final Map<String, List<OperatorSnapshot>> operators = new HashMap<>();
    private final SegmentReader segments;
    private final CheckpointMetadata metadata;
    private final int maxParallelism;

    /** @param metadata without subtasks: the job starts from the beginning */
    RestoredCheckpoint(CheckpointMetadata metadata, DurableStore store) {
        this.segments = new SegmentReader(store);
        this.metadata = metadata;
        this.maxParallelism = metadata.getMaxParallelism();
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                operators
                        .computeIfAbsent(operator.getOperatorUid(), uid -> new ArrayList<>())
                        .add(operator);
            }
        }
        operators.values().forEach(list -> list.sort(Comparator.comparingInt(OperatorSnapshot::getSubtask)));
    }

    CheckpointMetadata metadata() {
        return metadata;
    }

    RestoredState of(String operatorUid, int subtask, int parallelism) {
        List<OperatorSnapshot> snapshots = operators.get(operatorUid);
        return snapshots == null ? RestoredState.NONE : new Restored(snapshots, subtask, parallelism);
    }

    private byte[] read(Segment segment) {
        try {
            return segments.read(SegmentHandle.fromWire(segment));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Restored implements RestoredState {
        private final List<OperatorSnapshot> snapshots;
        private final int subtask;
        private final int parallelism;

        Restored(List<OperatorSnapshot> snapshots, int subtask, int parallelism) {
            this.snapshots = snapshots;
            this.subtask = subtask;
            this.parallelism = parallelism;
        }

        @Override
        public int parallelism() {
            return snapshots.get(0).getParallelism();
        }

        @Override
        public List<byte[]> operatorState(int ofSubtask) {
            List<byte[]> states = new ArrayList<>();
            for (OperatorSnapshot snapshot : snapshots) {
                if (snapshot.getSubtask() == ofSubtask) {
                    if (snapshot.hasOperatorState()) {
                        states.add(read(snapshot.getOperatorState()));
                    } else if (!snapshot.getSmallOperatorState().isEmpty()) {
                        states.add(snapshot.getSmallOperatorState().toByteArray());
                    }
                }
            }
            return states;
        }

        @Override
        public KeyedOrigin keyed() {
            KeyGroupRange own = KeyGroups.rangeOf(subtask, parallelism, maxParallelism);
            KeyedReplica replica = new KeyedReplica(snapshots.get(0).getOperatorUid(), own);
            for (OperatorSnapshot snapshot : snapshots) {
                if (overlap(own, snapshot)) {
                    for (Segment segment : snapshot.getKeyedStateList()) {
                        replica.apply(read(segment), segment.getCheckpoint());
                    }
                }
            }
            return replica;
        }

        private boolean overlap(KeyGroupRange own, OperatorSnapshot snapshot) {
            KeyGroupRange theirs = KeyGroups.rangeOf(snapshot.getSubtask(), snapshot.getParallelism(), maxParallelism);
            return own.first() < theirs.end() && theirs.first() < own.end();
        }
    }
}
