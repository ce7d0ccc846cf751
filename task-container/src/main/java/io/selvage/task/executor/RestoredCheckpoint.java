package io.selvage.task.executor;

import com.google.common.base.Throwables;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.content.KeyedStateLoader;
import io.selvage.checkpoint.snapshot.SegmentFiles;
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
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads: what a job goes on from. Each state is fetched when a subtask asks for it, by that
 * subtask's thread: from what this process holds if that leads to the checkpoint, else from the store, where another
 * thread may have begun to read it.
 */
final class RestoredCheckpoint {
    private final Map<String, List<OperatorSnapshot>> operators = new HashMap<>();
    private final CheckpointMetadata metadata;
    private final SegmentReader segments;
    private final HeldState held;
    private final StateBackends backends;
    private final StateBackendKind backend;
    private final RestoreFigures figures;
    private final Map<StateOwner, FutureTask<KeyedOrigin>> begun = new ConcurrentHashMap<>();

    /**
     * @param metadata without subtasks: the job starts from the beginning
     * @param backend of the job now; another one may have written the checkpoint
     */
    RestoredCheckpoint(
            CheckpointMetadata metadata,
            SegmentReader segments,
            HeldState held,
            StateBackends backends,
            StateBackendKind backend,
            RestoreFigures figures) {
        this.metadata = metadata;
        this.segments = segments;
        this.held = held;
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

    /**
     * Begins to read the states in the heap that will be asked for and that nothing here leads to, while program and
     * subtasks are being made. Subtasks of another job may have other numbers, and other operators: of its checkpoints
     * nothing is read that nobody may ask for.
     *
     * @param job of the subtasks
     * @param starting the subtasks that will start here
     * @param parallelism by vertex, of now
     * @param reading whoever asks for a state that it has not come to reads it itself
     */
    void readAhead(String job, Set<SubtaskId> starting, Map<Integer, Integer> parallelism, Executor reading) {
        if (backend != StateBackendKind.HEAP
                || metadata.getSavepoint()
                || !metadata.getJobId().equals(job)) {
            return;
        }
        for (SubtaskSnapshot snapshot : metadata.getSubtasksList()) {
            SubtaskId subtask = SubtaskId.of(snapshot.getVertex(), snapshot.getSubtask());
            int now = parallelism.getOrDefault(snapshot.getVertex(), 0);
            for (OperatorSnapshot operator : snapshot.getOperatorsList()) {
                StateOwner owner = new StateOwner(subtask, operator.getOperatorUid());
                if (starting.contains(subtask)
                        && operator.getParallelism() == now
                        && operator.getKeyedStateCount() > 0
                        && !KeyedStateLoader.isOfFiles(snapshotsOf(owner))
                        && !held.has(owner)) {
                    FutureTask<KeyedOrigin> task = new FutureTask<>(() -> fromStore(owner, now));
                    begun.put(owner, task);
                    reading.execute(task);
                }
            }
        }
    }

    private List<OperatorSnapshot> snapshotsOf(StateOwner owner) {
        return operators.getOrDefault(owner.operatorUid(), List.of());
    }

    /**
     * @param parallelism of the subtask's vertex now
     * @param loader of the job's program
     */
    RestoredState of(StateOwner owner, int parallelism, ClassLoader loader) {
        List<OperatorSnapshot> snapshots = snapshotsOf(owner);
        return snapshots.isEmpty() ? RestoredState.NONE : new Restored(snapshots, owner, parallelism, loader);
    }

    private final class Restored implements RestoredState {
        private final List<OperatorSnapshot> snapshots;
        private final StateOwner owner;
        private final int parallelism;
        private final ClassLoader loader;

        Restored(List<OperatorSnapshot> snapshots, StateOwner owner, int parallelism, ClassLoader loader) {
            this.snapshots = snapshots;
            this.owner = owner;
            this.parallelism = parallelism;
            this.loader = loader;
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
                FutureTask<KeyedOrigin> ahead = begun.remove(owner);
                if (origin != null && ahead != null) {
                    ahead.cancel(false); // Nobody needs it.
                }
                KeyedOrigin found = origin == null ? read(ahead) : origin;
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
            List<OperatorSnapshot> own = snapshots.stream()
                    .filter(snapshot -> snapshot.getSubtask() == owner.subtask().index())
                    .toList();
            try (SegmentFiles files = filesOf(own)) {
                KeyedOrigin origin = replica.take(chain(own), files, figures::onSegment);
                if (origin != null) {
                    figures.onFollowed();
                }
                return origin;
            }
        }

        private static List<Segment> chain(List<OperatorSnapshot> of) {
            List<Segment> chain = new ArrayList<>();
            of.forEach(snapshot -> chain.addAll(snapshot.getKeyedStateList()));
            return chain;
        }

        private KeyedOrigin read(@Nullable FutureTask<KeyedOrigin> task) throws IOException {
            if (task == null) {
                return fromStore(owner, parallelism);
            }
            task.run(); // Unless another thread does.
            try {
                return task.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the state of " + owner + " was read");
            } catch (ExecutionException e) {
                Throwable failed = Objects.requireNonNull(e.getCause());
                Throwables.throwIfUnchecked(failed);
                Throwables.throwIfInstanceOf(failed, IOException.class);
                throw new IllegalStateException(failed);
            }
        }

        private byte[] read(Segment segment) {
            try {
                return segments.read(SegmentHandle.fromWire(segment));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private KeyedOrigin fromStore(StateOwner owner, int parallelism) throws IOException {
        List<OperatorSnapshot> snapshots = snapshotsOf(owner);
        KeyGroupRange own = rangeOf(owner.subtask(), parallelism);
        boolean isOfFiles = KeyedStateLoader.isOfFiles(snapshots);
        StateReplica replica =
                backends.of(isOfFiles ? StateBackendKind.ROCKSDB : backend).replica(owner.operatorUid(), own);
        try (SegmentFiles files = filesOf(snapshots)) {
            new KeyedStateLoader(files).load(replica, own, metadata.getMaxParallelism(), snapshots, figures::onSegment);
        }
        if (snapshots.get(0).getParallelism() != parallelism) {
            replica.standAlone();
        }
        figures.onRead();
        boolean isMoved = backend == StateBackendKind.HEAP && replica instanceof RocksReplica;
        return isMoved ? ((RocksReplica) replica).toHeap() : replica;
    }

    /**
     * For the thread that reads a state; others read theirs at the same time, from streams of their own. The head of a
     * chain's newest segment is read before all else, and chains of subtasks that ran in one container are in the same
     * files.
     */
    private SegmentFiles filesOf(List<OperatorSnapshot> snapshots) {
        Set<String> once = new HashSet<>();
        Set<String> severalTimes = new HashSet<>();
        for (OperatorSnapshot snapshot : snapshots) {
            List<Segment> chain = snapshot.getKeyedStateList();
            chain.stream().map(Segment::getFile).filter(file -> !once.add(file)).forEach(severalTimes::add);
            if (chain.size() > 1) {
                severalTimes.add(chain.get(chain.size() - 1).getFile());
            }
        }
        return segments.files(severalTimes::contains);
    }

    private KeyGroupRange rangeOf(SubtaskId subtask, int parallelism) {
        return KeyGroups.rangeOf(subtask.index(), parallelism, metadata.getMaxParallelism());
    }
}
