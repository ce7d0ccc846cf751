package io.selvage.checkpoint.backend;

import io.selvage.api.state.StateAccess;

/**
 * States that each key has one of for each namespace: a window, say. They have no time-to-live.
 *
 * @param <N> namespaces; equal ones are one, and they are not changed
 */
public interface NamespacedStates<N> extends StateAccess {
    /** What the states are bound to from now on, together with the current key. */
    void setNamespace(N namespace);
}
