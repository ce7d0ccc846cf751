package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** One accumulator for the current key, and namespace if it has one, that elements are folded into. */
public interface AggregatingState<I, R> {
    /** Null if nothing was added. */
    @Nullable
    R result() throws Exception;

    /** Whether there was no accumulator before, and one has been made. */
    boolean add(I element) throws Exception;

    void clear();
}
