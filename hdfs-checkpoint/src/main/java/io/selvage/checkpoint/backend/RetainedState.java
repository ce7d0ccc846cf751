package io.selvage.checkpoint.backend;

/**
 * Owned by one thread at a time. What a backend leaves when its subtask has ended: a new backend of the same operator,
 * key groups and class loader starts from it and reads nothing.
 */
public final class RetainedState implements KeyedOrigin {
    private final Rows<?> rows;
    private final KeyGroupRange range;
    private boolean isRewound;
    private boolean isTaken;

    RetainedState(Rows<?> rows, KeyGroupRange range) {
        this.rows = rows;
        this.range = range;
    }

    /**
     * Undoes all that has happened since a checkpoint, in a time that the number of changes decides. The checkpoint may
     * be the last that was confirmed, the one that was restored, or a later cut that has turned out complete.
     *
     * @return false if the way back to it is not known
     */
    public boolean tryRewind(long checkpoint) {
        isRewound = rows.tryRewind(checkpoint);
        return isRewound;
    }

    @Override
    public void close() {
        if (!isTaken) {
            rows.close();
        }
    }

    KeyGroupRange range() {
        return range;
    }

    StateSchema schema() {
        return rows.codec().schema();
    }

    /** Once. */
    Rows<?> take() {
        if (!isRewound) {
            throw new IllegalStateException("a retained state must be taken back to a checkpoint, and used once");
        }
        isRewound = false;
        isTaken = true;
        return rows;
    }
}
