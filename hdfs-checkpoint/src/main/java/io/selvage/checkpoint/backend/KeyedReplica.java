package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.List;

/**
 * Owned by one thread at a time. The keyed state of an operator as bytes, without serdes and users' classes: what
 * segments add up to. A backend starts from it at once.
 */
public final class KeyedReplica implements KeyedOrigin {
    private final List<byte[]> segments = new ArrayList<>();
    private long checkpoint;

    /**
     * @param operator named in messages
     * @param range rows of other key groups are left out
     */
    public KeyedReplica(String operator, KeyGroupRange range) {}

    /**
     * Brings it up to a later checkpoint. The segments of a chain come in their order; chains of several subtasks,
     * which have different key groups, one after the other.
     *
     * @param ofCheckpoint the checkpoint that the segment was written for
     * @throws io.selvage.api.type.CorruptDataException if a segment is not what a backend has written
     */
    public void apply(byte[] segment, long ofCheckpoint) {
        segments.add(segment);
        checkpoint = Math.max(checkpoint, ofCheckpoint);
    }

    /** The newest that was applied; 0: none. */
    public long checkpoint() {
        return checkpoint;
    }

    /** Memory that it takes. */
    public long bytes() {
        return segments.stream().mapToLong(segment -> segment.length).sum();
    }

    List<byte[]> segments() {
        return segments;
    }
}
