package io.selvage.api.state;

import org.jspecify.annotations.Nullable;

/**
 * One accumulator for the current key, which elements are folded into as they come.
 *
 * @param <I> elements
 * @param <R> the result
 */
public interface AggregatingState<I, R> {
    /**
     * Null if nothing was added.
     *
     * @throws Exception what the function throws
     */
    @Nullable
    R result() throws Exception;

    /**
     * Answers whether there was no accumulator before, and one has been made.
     *
     * @throws Exception what the function throws; the state is what it was, unless the function has changed it
     */
    boolean add(I element) throws Exception;

    void clear();
}
