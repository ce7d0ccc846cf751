package io.selvage.api.state;

import org.jspecify.annotations.Nullable;

/** One value for the current key. A value that was given is not changed afterwards, but replaced. */
public interface ValueState<T> {
    /** Null if there is none. */
    @Nullable
    T value();

    void update(T value);

    void clear();
}
