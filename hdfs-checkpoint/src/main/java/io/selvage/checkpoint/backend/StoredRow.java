package io.selvage.checkpoint.backend;

/** Owned by its table. A row that a store has as well: what is known of its bytes there. */
final class StoredRow extends Row {
    /** It is in no flush that is under way. */
    static final int NO_FLUSH = -1;

    /** Bytes of its value in the store; -1: the store does not have it. */
    int storedLength = -1;

    long storedHash;
    /** Of the timers that the store knows of. */
    final FirstTimers storedDue = new FirstTimers();
    /** The epoch in which it was made an object. */
    int loaded;
    /** What it counts for in the heap. */
    int heapBytes;
    /** It is part of a flush that is under way, be it written or not. */
    boolean isInFlush;
    /** Its place in the flush that is under way, as long as that has not written it. */
    int flushAt = NO_FLUSH;

    /** What it counts for among parts of the current key's, of which a value may be at hand; 0: it is none of them. */
    int inUseBytes;

    StoredRow(Object key, int hash, int group, int sectionCount) {
        super(key, hash, group, sectionCount);
    }
}
