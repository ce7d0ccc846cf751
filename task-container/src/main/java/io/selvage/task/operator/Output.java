package io.selvage.task.operator;

/** Takes the elements of a stream, in order: the next operator of a chain, or what writes to an edge. One thread. */
public interface Output {
    /** @param timestampMillis {@code Timestamps.NONE} if the element has none */
    void emit(Object value, long timestampMillis);

    /** Never lower than one before; {@link Long#MAX_VALUE}: no element follows. */
    void watermark(long millis);

    /**
     * Told of each change, at first it is not: while the stream is idle, nothing waits for its event time, and no
     * watermark comes.
     */
    void idle(boolean isIdle);
}
