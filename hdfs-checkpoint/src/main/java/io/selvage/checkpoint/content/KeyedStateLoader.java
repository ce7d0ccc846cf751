package io.selvage.checkpoint.content;

import io.selvage.api.type.CorruptDataException;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SegmentSource;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StateBackend;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.LongConsumer;

/** Safe for use by many threads. Brings replicas to what a checkpoint holds. */
public final class KeyedStateLoader {
    private final SegmentSource segments;

    public KeyedStateLoader(SegmentSource segments) {
        this.segments = segments;
    }

    /** Whether it takes a replica on the disk to hold what these have written. */
    public static boolean isOfFiles(List<OperatorSnapshot> snapshots) {
        return snapshots.stream().anyMatch(each -> each.getBackend() == StateBackend.ROCKSDB);
    }

    /** The key groups of the subtask that has written it. */
    public static KeyGroupRange rangeOf(OperatorSnapshot snapshot, int maxParallelism) {
        return KeyGroups.rangeOf(snapshot.getSubtask(), snapshot.getParallelism(), maxParallelism);
    }

    /**
     * Applies what a checkpoint holds of one operator in some key groups. If that fails, the replica is closed.
     *
     * @param into an empty one, of these key groups
     * @param snapshots of all of the operator's subtasks
     * @param onSegment told of each segment how many of its bytes were of use
     * @throws SegmentDamagedException if files are gone or damaged, or what is in them is not what a backend has
     *     written
     */
    public void load(
            StateReplica into,
            KeyGroupRange groups,
            int maxParallelism,
            List<OperatorSnapshot> snapshots,
            LongConsumer onSegment)
            throws IOException {
        boolean isComplete = false;
        try {
            for (OperatorSnapshot snapshot : snapshots) {
                if (groups.overlaps(rangeOf(snapshot, maxParallelism))) {
                    load(into, snapshot, onSegment);
                }
            }
            isComplete = true;
        } finally {
            if (!isComplete) {
                into.close();
            }
        }
    }

    private void load(StateReplica into, OperatorSnapshot snapshot, LongConsumer onSegment) throws IOException {
        List<Segment> chain = snapshot.getKeyedStateList();
        if (chain.size() > 1) {
            Segment newest = chain.get(chain.size() - 1);
            SegmentHandle handle = SegmentHandle.fromWire(newest);
            try {
                into.aimAt(() -> segments.open(handle), newest.getLength());
            } catch (CorruptDataException | IllegalArgumentException unreadable) {
                throw damagedOrElse(handle, unreadable);
            }
        }
        for (Segment segment : chain) {
            SegmentHandle handle = SegmentHandle.fromWire(segment);
            try (InputStream in = segments.open(handle)) {
                onSegment.accept(into.apply(in, segment.getLength(), segment.getCheckpoint()));
            } catch (CorruptDataException | IllegalArgumentException unreadable) {
                throw damagedOrElse(handle, unreadable);
            }
        }
    }

    /** Lengths that lead astray are met before the end, where a segment is verified: so it is read once more. */
    private SegmentDamagedException damagedOrElse(SegmentHandle segment, RuntimeException unreadable)
            throws IOException {
        SegmentReader.verify(segments.open(segment));
        return new SegmentDamagedException(
                "The checkpoint file " + segment.file() + " is as it was written, and can't be read: "
                        + unreadable.getMessage(),
                unreadable);
    }
}
