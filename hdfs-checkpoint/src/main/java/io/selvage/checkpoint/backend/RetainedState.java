package io.selvage.checkpoint.backend;

/**
 * Owned by one thread at a time. What a backend leaves when its subtask has ended: a new backend of the same operator,
 * key groups and class loader starts from it and reads nothing.
 */
public final class RetainedState implements KeyedOrigin {
    RetainedState() {}

    /**
     * Undoes all that has happened since a checkpoint, which may be the last that was confirmed or a later cut.
     *
     * @return false, and nothing has changed, if the way back to it is not known
     */
    public boolean tryRewind(long checkpoint) {
        return false;
    }
}
