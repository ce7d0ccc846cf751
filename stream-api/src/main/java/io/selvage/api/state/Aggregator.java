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

    /** Is not the accumulator itself if that may change: it goes on being added to. */
    R result(A accumulator) throws Exception;

    /**
     * Joins two accumulators. Needed where windows share what they hold or are joined: sliding windows, and sessions,
     * which refuse an aggregate without it when the job is built.
     *
     * @param accumulator may be changed and returned, as in {@link #add}
     * @param other is not changed: it may be needed again
     */
    default A merge(A accumulator, A other) throws Exception {
        throw new UnsupportedOperationException(
                getClass().getName() + " has no merge(...), which joins two accumulators. Implement it.");
    }
}
