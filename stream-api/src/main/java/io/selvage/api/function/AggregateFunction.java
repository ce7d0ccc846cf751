package io.selvage.api.function;

import io.selvage.api.state.Aggregator;

/**
 * Folds elements into an accumulator, one for each key and window. Sliding and session windows need {@link #merge}.
 *
 * @param <I> elements
 * @param <A> the accumulator; {@link #add} may change and return the one it is given
 * @param <R> the result
 */
public interface AggregateFunction<I, A, R> extends Function, Aggregator<I, A, R> {}
