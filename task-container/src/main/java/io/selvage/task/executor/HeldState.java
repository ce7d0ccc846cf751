package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Segment;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads: the keyed states of one job that this process holds while no subtask has them. The
 * executor's loop puts in what subtasks that have ended leave, a following thread keeps replicas up to date, and each
 * subtask's thread takes its own out when it starts.
 */
final class HeldState {
    private final Map<StateOwner, Retained> retained = new ConcurrentHashMap<>();
    private final Map<StateOwner, HeldReplica> replicas = new ConcurrentHashMap<>();
    private final Map<StateOwner, TooLarge> tooLarge = new ConcurrentHashMap<>();
    private final Map<StateOwner, Segment> damaged = new ConcurrentHashMap<>(); // The first one of its chain.

    /** What was in the store of a state, and the memory that did not do for it. */
    record TooLarge(long storedBytes, long roomBytes) {
        /** Some of a difference is no reason to read it all once more. */
        private boolean mayStillBe(long nowStoredBytes, long nowRoomBytes) {
            return nowStoredBytes > storedBytes * 3 / 4 && nowRoomBytes < roomBytes + roomBytes / 4;
        }
    }

    /**
     * What a subtask has left.
     *
     * @param since the incarnation that had started it
     * @param incarnation the one that it belonged to when it ended
     * @param restoredCheckpoint that it had started from; 0: none
     * @param parallelism of its vertex
     */
    record Retained(
            RetainedState state,
            long since,
            long incarnation,
            long restoredCheckpoint,
            int parallelism,
            ClassLoader loader) {

        /**
         * Whether its history is that of the restored checkpoint. The number alone does not say so: what an incarnation
         * could not complete is numbered anew by the next.
         */
        boolean leadsTo(CheckpointMetadata restored, int nowParallelism, ClassLoader nowLoader) {
            boolean tookPart = restored.getIncarnation() >= since && restored.getIncarnation() <= incarnation;
            return loader == nowLoader
                    && parallelism == nowParallelism
                    && (tookPart || restored.getCheckpoint() == restoredCheckpoint);
        }
    }

    void retain(StateOwner owner, Retained left) {
        close(retained.put(owner, left));
        drop(replicas.remove(owner));
    }

    /** Once: it belongs to the caller then. */
    @Nullable
    Retained takeRetained(StateOwner owner) {
        return retained.remove(owner);
    }

    /** Once: the caller takes its content. */
    @Nullable
    HeldReplica takeReplica(StateOwner owner) {
        return replicas.remove(owner);
    }

    /**
     * The replica to bring up to date; it takes the place of what a subtask has left, and of a replica of other key
     * groups, which the subtask had at another parallelism.
     */
    HeldReplica replica(StateOwner owner, KeyGroupRange range, Supplier<StateReplica> empty) {
        close(retained.remove(owner));
        HeldReplica there = replicas.get(owner);
        if (there != null && !there.isOf(range)) {
            dropReplica(owner);
        }
        return replicas.computeIfAbsent(owner, key -> new HeldReplica(range, empty));
    }

    /** @param found there was no room for a replica; null: there was */
    void markTooLarge(StateOwner owner, @Nullable TooLarge found) {
        if (found == null) {
            tooLarge.remove(owner);
        } else {
            tooLarge.put(owner, found);
        }
    }

    /** Whether there was no room for a replica when the state, or the room for it, was much the same. */
    boolean isTooLarge(StateOwner owner, long storedBytes, long roomBytes) {
        TooLarge marked = tooLarge.get(owner);
        return marked != null && marked.mayStillBe(storedBytes, roomBytes);
    }

    /** All of a chain of segments was read, and what came of it was damaged. */
    void markDamaged(StateOwner owner, Segment firstOfChain) {
        damaged.put(owner, firstOfChain);
    }

    /** Whether that was the last such chain, or one that may have its damage as well. */
    boolean isDamaged(StateOwner owner, Segment firstOfChain) {
        return firstOfChain.equals(damaged.get(owner));
    }

    boolean hasReplica(StateOwner owner) {
        return replicas.containsKey(owner);
    }

    /** Whether there is a replica that lacks only what the chain has added. */
    boolean leadsTo(StateOwner owner, List<Segment> chain) {
        HeldReplica replica = replicas.get(owner);
        return replica != null && replica.leadsTo(chain);
    }

    /** Something that a subtask may start from. */
    boolean has(StateOwner owner) {
        return retained.containsKey(owner) || replicas.containsKey(owner);
    }

    void dropReplica(StateOwner owner) {
        drop(replicas.remove(owner));
    }

    /** Only these subtasks start here: what others had is let go. */
    void retainOnly(Collection<SubtaskId> subtasks) {
        dropIf(owner -> !subtasks.contains(owner.subtask()));
    }

    /** The subtask runs: what it has not taken it has no use for. */
    void drop(SubtaskId subtask) {
        dropIf(owner -> owner.subtask().equals(subtask));
    }

    /** What other subtasks have left is let go. */
    void dropRetainedBut(Collection<SubtaskId> subtasks) {
        closeIf(owner -> !subtasks.contains(owner.subtask()));
    }

    /** Replicas of other subtasks are let go. */
    void dropReplicasBut(Collection<SubtaskId> subtasks) {
        replicas.keySet().stream()
                .filter(owner -> !subtasks.contains(owner.subtask()))
                .toList()
                .forEach(this::dropReplica);
    }

    private void dropIf(Predicate<StateOwner> isDropped) {
        closeIf(isDropped);
        replicas.keySet().stream().filter(isDropped).toList().forEach(this::dropReplica);
    }

    void dropRetained() {
        closeIf(owner -> true);
    }

    void dropReplicas() {
        replicas.keySet().forEach(this::dropReplica);
    }

    /** Of the replicas, in memory or on the disk. */
    long replicaStateBytes() {
        return replicas.values().stream().mapToLong(HeldReplica::stateBytes).sum();
    }

    /** Of memory, for the replicas. */
    long replicaBytes() {
        return replicas.values().stream().mapToLong(HeldReplica::bytes).sum();
    }

    /** Of one replica; 0: it is not held. */
    long replicaBytes(StateOwner owner) {
        HeldReplica replica = replicas.get(owner);
        return replica == null ? 0 : replica.bytes();
    }

    boolean hasRetained() {
        return !retained.isEmpty();
    }

    private void closeIf(Predicate<StateOwner> isDropped) {
        retained.keySet().stream().filter(isDropped).toList().forEach(owner -> close(retained.remove(owner)));
    }

    private static void close(@Nullable Retained left) {
        if (left != null) {
            left.state().close();
        }
    }

    private static void drop(@Nullable HeldReplica replica) {
        if (replica != null) {
            replica.drop();
        }
    }
}
