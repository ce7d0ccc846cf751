package io.selvage.api.connector;

import java.util.List;

/** Writes where no reader of the output can see it; called by one thread. */
public interface SinkWriter<T, C> extends AutoCloseable {
    void write(T element, long timestampMillis) throws Exception;

    /**
     * The barrier of {@code checkpoint} has come: everything written before it is made durable and handed over.
     * Whatever is written afterwards belongs to the next one.
     */
    List<C> prepare(long checkpoint) throws Exception;

    /** Without a {@link #prepare} before it, what was written since the last one is discarded. */
    @Override
    void close() throws Exception;
}
