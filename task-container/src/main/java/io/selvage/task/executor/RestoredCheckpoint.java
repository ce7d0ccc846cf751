package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.content.KeyedStateLoader;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.RestoredState;
import io.selvage.task.operator.StateBackends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a job goes on from; immutable. Each state is fetched when a subtask asks for it, by that subtask's thread: from
 * what this process holds if that leads to the checkpoint, else from the store.
 */
final class RestoredCheckpoint {
    private final Map<String, List<OperatorSnapshot>> operators = new HashMap<>();
    private final CheckpointMetadata metadata;
    private final SegmentReader segments;
    private final HeldState held;
    private final ClassLoader loader;
    private final StateBackends backends;
    private final StateBackendKind backend;
    private final RestoreFigures figures;

    /**
     * @param metadata without subtasks: the job starts from the beginning
     * @param loader of the job's program
     * @param backend of the job now; another one may have written the checkpoint
     */
    RestoredCheckpoint(
            CheckpointMetadata metadata,
            SegmentReader segments,
            HeldState held,
            ClassLoader loader,
            StateBackends backends,
            StateBackendKind backend,
            RestoreFigures figures) {
        this.metadata = metadata;
        this.segments = segments;
        this.held = held;
        this.loader = loader;
        this.backends = backends;
        this.backend = backend;
        this.figures = figures;
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

    /** @param parallelism of the subtask's vertex now */
    RestoredState of(StateOwner owner, int parallelism) {
        List<OperatorSnapshot> snapshots = operators.get(owner.operatorUid());
        return snapshots == null ? RestoredState.NONE : new Restored(snapshots, owner, parallelism);
    }

    private final class Restored implements RestoredState {
        private final List<OperatorSnapshot> snapshots;
        private final StateOwner owner;
        private final int parallelism;

        Restored(List<OperatorSnapshot> snapshots, StateOwner owner, int parallelism) {
            this.snapshots = snapshots;
            this.owner = owner;
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
            long startNanos = System.nanoTime();
            try {
                KeyedOrigin origin = kept();
                if (origin == null) {
                    origin = followed();
                }
                KeyedOrigin found = origin == null ? fromStore() : origin;
                if (metadata.getSavepoint() && found instanceof StateReplica replica) {
                    replica.standAlone();
                }
                return found;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                figures.onDone(System.nanoTime() - startNanos);
            }
        }

        private @Nullable KeyedOrigin kept() {
            HeldState.Retained left = held.takeRetained(owner);
            if (left == null) {
                return null;
            }
            if (!left.leadsTo(metadata, parallelism, loader)
                    || parallelism() != parallelism
                    || !left.state().tryRewind(metadata.getCheckpoint())) {
                left.state().close();
                return null;
            }
            figures.onKept();
            return left.state();
        }

        private @Nullable KeyedOrigin followed() throws IOException {
            HeldReplica replica = held.takeReplica(owner);
            if (replica == null) {
                return null;
            }
            if (parallelism() != parallelism || !replica.isOf(rangeOf(owner.subtask(), parallelism))) {
                replica.drop();
                return null;
            }
            KeyedOrigin origin = replica.take(ownChain(), segments, figures::onSegment);
            if (origin != null) {
                figures.onFollowed();
            }
            return origin;
        }

        private List<Segment> ownChain() {
            List<Segment> chain = new ArrayList<>();
            for (OperatorSnapshot snapshot : snapshots) {
                if (snapshot.getSubtask() == owner.subtask().index()) {
                    chain.addAll(snapshot.getKeyedStateList());
                }
            }
            return chain;
        }

        private KeyedOrigin fromStore() throws IOException {
            KeyGroupRange own = rangeOf(owner.subtask(), parallelism);
            boolean isOfFiles = KeyedStateLoader.isOfFiles(snapshots);
            StateReplica replica =
                    backends.of(isOfFiles ? StateBackendKind.ROCKSDB : backend).replica(owner.operatorUid(), own);
            new KeyedStateLoader(segments::open)
                    .load(replica, own, metadata.getMaxParallelism(), snapshots, figures::onSegment);
            if (parallelism() != parallelism) {
                replica.standAlone();
            }
            figures.onRead();
            boolean isMoved = backend == StateBackendKind.HEAP && replica instanceof RocksReplica;
            return isMoved ? ((RocksReplica) replica).toHeap() : replica;
        }

        private byte[] read(Segment segment) {
            try {
                return segments.read(SegmentHandle.fromWire(segment));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private KeyGroupRange rangeOf(SubtaskId subtask, int parallelism) {
        return KeyGroups.rangeOf(subtask.index(), parallelism, metadata.getMaxParallelism());
    }
}
