package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by the backend. What one state has for the current key, and namespace if it has one. */
interface Cell<V> {
    @Nullable
    V get();

    void set(V value);

    /** The value that it has was written to, in place. */
    default void onChangedInPlace() {}

    void clear();
}
