package io.selvage.api.state;

import org.jspecify.annotations.Nullable;

/** One value for the current key, which elements are reduced into as they come. */
public interface ReducingState<T> {
    /** Null if nothing was added. */
    @Nullable
    T value();

    /** @throws Exception what the function throws; the state is what it was, unless the function has changed it */
    void add(T element) throws Exception;

    void clear();
}
