package io.selvage.checkpoint.backend;

import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.StateAccess;

/**
 * States that each key has one of for each namespace: a window, say. They have no time-to-live.
 *
 * @param <N> namespaces; equal ones are one, and they are not changed
 */
public interface NamespacedStates<N> extends StateAccess {
    /** What the states are bound to from now on, together with the current key. */
    void setNamespace(N namespace);

    @Override
    <I, A, R> Accumulators<I, A, R> aggregating(AggregatingStateDescriptor<I, A, R> descriptor);

    /**
     * All that the current key has in one namespace becomes part of what it has in another: what is reduced or
     * aggregated by its functions, lists behind the other's.
     *
     * @throws IllegalStateException if both have something in a state that can't be joined: a value or a map
     * @throws Exception what the functions throw
     */
    void merge(N from, N into) throws Exception;

    /** Clears all that the current key has in the current namespace. */
    void clear();
}
