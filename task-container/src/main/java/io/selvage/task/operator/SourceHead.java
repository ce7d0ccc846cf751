package io.selvage.task.operator;

/** The head of a chain that makes elements of its own accord; owned by the subtask's thread. */
interface SourceHead {
    /** Emits up to about {@code limit} elements; answers how much work was done, 0 if there is nothing for now. */
    int produce(int limit, long nowNanos);

    /** After {@link #produce} has answered 0: when it may answer more; {@link Long#MAX_VALUE}: once input comes. */
    long nextProduceNanos();

    /** Nothing will come any more, unless from the input. */
    boolean isExhausted();

    /** How many elements of the input it takes for now. */
    default int room() {
        return Integer.MAX_VALUE;
    }

    /** The event time of the input is that of the elements. */
    default boolean hasInputTime() {
        return true;
    }

    /** Another thread has given it something since the last {@link #produce}. */
    default boolean hasNews() {
        return false;
    }

    /** Event time is about to end: emits what is still to come of the input so far, however long that takes. */
    default void finish() {}
}
