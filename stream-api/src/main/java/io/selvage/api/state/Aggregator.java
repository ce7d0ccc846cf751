package io.selvage.api.state;

import java.io.Serializable;

/**
 * Folds elements into an accumulator. Called by the subtask's thread.
 *
 * @param <I> elements
 * @param <A> the accumulator; {@link #add} may change and return the one it is given
 * @param <R> the result
 */
public interface Aggregator<I, A, R> extends Serializable {
    A create();

    A add(A accumulator, I element) throws Exception;

    R result(A accumulator) throws Exception;
}
