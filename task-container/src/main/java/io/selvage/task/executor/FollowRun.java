package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.LocalDiskException;
import io.selvage.checkpoint.snapshot.SegmentFiles;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.KeyedBackends;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what a standby holds of a job up to one checkpoint; run once, by a thread of the upload pool. States are held
 * in a stable order until the memory for them is used up; the rest is left in the store. A state of which all is to be
 * read is brought up to the newest checkpoint of that moment: the files of an older one that are read last may be gone
 * before, as each newer checkpoint has no use for some of them.
 *
 * @param parallelism by vertex; state of another parallelism is left
 * @param otherBytes that replicas of other jobs take
 * @param stop set: what is not held by then is no longer wanted
 * @param newest this checkpoint, or one of the same job and graph that has completed meanwhile; the same object as long
 *     as there is no newer one
 */
record FollowRun(
        CheckpointMetadata metadata,
        Map<Integer, Integer> parallelism,
        HeldState held,
        KeyedBackends backends,
        SegmentReader segments,
        long mostBytes,
        LongSupplier otherBytes,
        AtomicBoolean stop,
        Supplier<CheckpointMetadata> newest) {
    private static final Logger LOG = LoggerFactory.getLogger(FollowRun.class);

    /**
     * What came of it.
     *
     * @param checkpoint as of which, or of a later one, each state is held
     * @param bytes of state that is held
     * @param bytesLeft of segments in the store that are not held
     */
    record Outcome(long checkpoint, long bytes, long bytesLeft) {}

    /** What came of one state. */
    private enum Followed {
        HELD,
        /** It can't be had here, whatever room there is. */
        LEFT,
        /** There is none for it, nor for those that come later. */
        NO_ROOM
    }

    Outcome run() throws IOException {
        FilesToCome toCome = new FilesToCome();
        try (SegmentFiles files = segments.files(toCome::has)) {
            return run(files, toCome);
        }
    }

    private Outcome run(SegmentFiles files, FilesToCome toCome) throws IOException {
        long used = otherBytes.getAsLong();
        long left = 0;
        boolean isFull = false;
        Map<StateOwner, OperatorSnapshot> states = states(metadata);
        CheckpointMetadata newestMetadata = metadata;
        Map<StateOwner, OperatorSnapshot> newestStates = states;
        List<StateOwner> order = List.copyOf(states.keySet());
        toCome.add(order, states);
        held.dropReplicasBut(states.keySet().stream().map(StateOwner::subtask).toList());
        for (Map.Entry<StateOwner, OperatorSnapshot> entry : states.entrySet()) {
            if (stop.get()) {
                break;
            }
            StateOwner owner = entry.getKey();
            OperatorSnapshot snapshot = entry.getValue();
            if (!isFull && !held.leadsTo(owner, snapshot.getKeyedStateList())) {
                CheckpointMetadata newer = newest.get();
                if (newer != newestMetadata) {
                    newestMetadata = newer;
                    newestStates = states(newer);
                    toCome.add(order, newestStates);
                }
                snapshot = newestStates.getOrDefault(owner, snapshot);
                if (stop.get()) { // It may have been read from the store.
                    break;
                }
            }
            long stored = snapshot.getKeyedStateList().stream()
                    .mapToLong(Segment::getLength)
                    .sum();
            boolean isOfNow = snapshot.getParallelism()
                    == parallelism.getOrDefault(owner.subtask().vertex().value(), 0);
            toCome.begin(owner, snapshot.getKeyedStateList());
            Followed followed =
                    isOfNow && !isFull ? follow(owner, snapshot, files, stored, mostBytes - used) : Followed.LEFT;
            toCome.end();
            files.closeUnwanted();
            isFull = isFull || followed == Followed.NO_ROOM;
            if (followed == Followed.HELD) {
                used += held.replicaBytes(owner);
            } else {
                held.dropReplica(owner);
                left += stored;
            }
        }
        return new Outcome(metadata.getCheckpoint(), held.replicaStateBytes(), left);
    }

    /**
     * A chain of segments holds many rows more than once, so that only reading it shows what it comes to; what has
     * found no room, or was damaged although all of it was read anew, is not read again before that may have changed.
     */
    private Followed follow(
            StateOwner owner, OperatorSnapshot snapshot, SegmentFiles files, long storedBytes, long roomBytes)
            throws IOException {
        List<Segment> chain = snapshot.getKeyedStateList();
        boolean isReadAnew = !held.leadsTo(owner, chain);
        if (isReadAnew && held.isDamaged(owner, chain.get(0))) {
            return Followed.LEFT;
        }
        if (!held.hasReplica(owner) && held.isTooLarge(owner, storedBytes, roomBytes)) {
            return Followed.NO_ROOM;
        }
        KeyGroupRange range =
                KeyGroups.rangeOf(owner.subtask().index(), snapshot.getParallelism(), metadata.getMaxParallelism());
        HeldReplica replica = held.replica(owner, range, () -> backends.replica(owner.operatorUid(), range));
        // Its rows take more in memory than in the store, by what finds them.
        boolean fits;
        try {
            fits = replica.follow(
                            chain,
                            files,
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
            if (local == null) { // It is damaged.
                if (isReadAnew) { // Else what was read before may be it, and what is in the store sound.
                    held.markDamaged(owner, chain.get(0));
                }
                return Followed.LEFT;
            }
            if (!local.isOfNode()) {
                return Followed.NO_ROOM; // The process has too much open, however large the state is.
            }
            fits = false;
        }
        held.markTooLarge(owner, fits ? null : new HeldState.TooLarge(storedBytes, roomBytes));
        return fits ? Followed.HELD : Followed.NO_ROOM;
    }

    private static Map<StateOwner, OperatorSnapshot> states(CheckpointMetadata of) {
        Map<StateOwner, OperatorSnapshot> states = new TreeMap<>();
        for (SubtaskSnapshot snapshot : of.getSubtasksList()) {
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
