package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.io.InputStream;

/**
 * Owned by one thread at a time. The keyed state of an operator in one subtask, without serdes and users' classes: what
 * segments add up to. A backend of the same kind starts from it at once.
 */
public sealed interface StateReplica extends KeyedOrigin permits KeyedReplica, RocksReplica {
    /**
     * Brings it up to a later checkpoint, in a time that the segment's size decides. The segments of a chain come in
     * their order; chains of several subtasks, which have different key groups, one after the other.
     *
     * @param segment is read to its end
     * @param length of the segment, in bytes
     * @param ofCheckpoint that the segment was written for
     * @throws IOException if the segment can't be read; nothing has changed
     * @throws io.selvage.api.type.CorruptDataException if it is not what a backend has written
     * @throws IllegalStateException if it adds to a checkpoint that the replica has not come to; nothing has changed
     */
    void apply(InputStream segment, long length, long ofCheckpoint) throws IOException;

    /**
     * Nothing is added to the chain that it was made of: the first cut of a backend that starts from it stands alone.
     */
    void standAlone();

    /** The newest that was applied; 0: none. */
    long checkpoint();

    /** Nothing was applied. */
    boolean isEmpty();

    /** Memory that it takes. */
    long bytes();

    /** Of state, wherever it is, about. */
    long stateBytes();
}
