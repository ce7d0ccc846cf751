package io.selvage.api.connector;

/** Reads one split; called by one thread. */
public interface SplitReader<T> extends AutoCloseable {
    /** What a call of {@link #read} has come to. */
    enum Status {
        /** There is more at once. */
        MORE,
        /** Nothing for now; ask again soon. */
        IDLE,
        /** The split is read to its end. */
        END
    }

    /** Emits at most {@code maxElements}; blocks only for a short while. */
    Status read(SourceOutput<T> out, int maxElements) throws Exception;

    /** From where a later reader of this split goes on: just behind the last element emitted. */
    byte[] position();

    /**
     * Where the element that was emitted last stands in the input, for a message about it: a file and a line, say.
     * Asked for once something has failed on it. Empty if that can't be told.
     */
    default String describeLast() {
        return "";
    }

    @Override
    default void close() throws Exception {}
}
