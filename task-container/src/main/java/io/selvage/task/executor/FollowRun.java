package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.LocalDiskException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.KeyedBackends;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what a standby holds of a job up to one checkpoint; run once, by a thread of the upload pool. States are held
 * in a stable order until the memory for them is used up; the rest is left in the store.
 *
 * @param parallelism by vertex; state of another parallelism is left
 * @param otherBytes that replicas of other jobs take
 * @param stop set: what is not held by then is no longer wanted
 */
record FollowRun(
        CheckpointMetadata metadata,
        Map<Integer, Integer> parallelism,
        HeldState held,
        KeyedBackends backends,
        SegmentReader segments,
        long mostBytes,
        LongSupplier otherBytes,
        AtomicBoolean stop) {
    private static final Logger LOG = LoggerFactory.getLogger(FollowRun.class);

    /**
     * What came of it.
     *
     * @param bytes of state that is held
     * @param bytesLeft of segments in the store that are not held
     */
    record Outcome(long checkpoint, long bytes, long bytesLeft) {}

    Outcome run() throws IOException {
        long used = otherBytes.getAsLong();
        long left = 0;
        boolean isFull = false;
        Map<StateOwner, OperatorSnapshot> states = states();
        held.dropReplicasBut(states.keySet().stream().map(StateOwner::subtask).toList());
        for (Map.Entry<StateOwner, OperatorSnapshot> entry : states.entrySet()) {
            if (stop.get()) {
                break;
            }
            StateOwner owner = entry.getKey();
            OperatorSnapshot snapshot = entry.getValue();
            long stored = snapshot.getKeyedStateList().stream()
                    .mapToLong(Segment::getLength)
                    .sum();
            boolean isOfNow = snapshot.getParallelism()
                    == parallelism.getOrDefault(owner.subtask().vertex().value(), 0);
            isFull = isFull || isOfNow && !follow(owner, snapshot, stored, mostBytes - used);
            if (isOfNow && !isFull) {
                used += held.replicaBytes(owner);
            } else {
                held.dropReplica(owner);
                left += stored;
            }
        }
        return new Outcome(metadata.getCheckpoint(), held.replicaStateBytes(), left);
    }

    /**
     * Answers false if there is no room. A chain of segments holds many rows more than once, so that only reading it
     * shows what it comes to; what has found no room is not read again before that may have changed.
     */
    private boolean follow(StateOwner owner, OperatorSnapshot snapshot, long storedBytes, long roomBytes)
            throws IOException {
        if (!held.hasReplica(owner) && held.isTooLarge(owner, storedBytes, roomBytes)) {
            return false;
        }
        KeyGroupRange range =
                KeyGroups.rangeOf(owner.subtask().index(), snapshot.getParallelism(), metadata.getMaxParallelism());
        HeldReplica replica = held.replica(owner, range, () -> backends.replica(owner.operatorUid(), range));
        // Its rows take more in memory than in the store, by what finds them.
        boolean fits;
        try {
            fits = replica.follow(
                            snapshot.getKeyedStateList(),
                            segments,
                            next -> replica.bytes() + next.getLength() * backends.memoryPerStoredByte() <= roomBytes,
                            stop)
                    && replica.bytes() <= roomBytes;
        } catch (IOException | RuntimeException failed) {
            LocalDiskException local = LocalDiskException.in(failed);
            if (local == null && LocalDamageException.in(failed) == null) {
                throw failed;
            }
            // Others' work goes on there, and may need that room: this is only to be ready for them.
            LOG.warn("The state of {} is left in the store, as it can't be had here.", owner, failed);
            if (local == null || !local.isOfNode()) {
                return false; // It is damaged, or the process has too much open, however large the state is.
            }
            fits = false;
        }
        held.markTooLarge(owner, fits ? null : new HeldState.TooLarge(storedBytes, roomBytes));
        return fits;
    }

    private Map<StateOwner, OperatorSnapshot> states() {
        Map<StateOwner, OperatorSnapshot> states = new TreeMap<>();
        for (SubtaskSnapshot snapshot : metadata.getSubtasksList()) {
            SubtaskId subtask = SubtaskId.of(snapshot.getVertex(), snapshot.getSubtask());
            for (OperatorSnapshot operator : snapshot.getOperatorsList()) {
                if (operator.getKeyedStateCount() > 0) {
                    states.put(new StateOwner(subtask, operator.getOperatorUid()), operator);
                }
            }
        }
        return states;
    }
}
