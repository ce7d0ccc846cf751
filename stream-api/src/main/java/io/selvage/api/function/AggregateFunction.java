package io.selvage.api.function;

/**
 * Folds elements into an accumulator, one for each key and window.
 *
 * @param <I> elements
 * @param <A> the accumulator; {@link #add} may change and return the one it is given
 * @param <R> the result
 */
public interface AggregateFunction<I, A, R> extends Function {
    A create();

    A add(A accumulator, I element) throws Exception;

    R result(A accumulator) throws Exception;
}
