package io.selvage.checkpoint.backend;

/**
 * States that each key has one of for each namespace: a window, say.
 *
 * @param <N> namespaces; equal ones are one, and they are not changed
 */
public interface NamespacedStates<N> extends KeyedStates {
    /** What the states are bound to from now on, together with the current key. */
    void setNamespace(N namespace);
}
