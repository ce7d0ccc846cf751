package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** One value for the current key, and namespace if it has one, that elements are reduced into. */
public interface ReducingState<T> {
    /** Null if nothing was added. */
    @Nullable
    T value();

    void add(T element) throws Exception;

    void clear();
}
