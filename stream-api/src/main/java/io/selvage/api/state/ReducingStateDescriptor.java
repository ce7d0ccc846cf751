package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import org.jspecify.annotations.Nullable;

/**
 * One value for each key, which elements are reduced into.
 *
 * @param timeToLive null: what it has stays until it is cleared
 */
public record ReducingStateDescriptor<T>(
        String name,
        Serde<T> serde,
        Reducer<T> reducer,
        @Nullable TimeToLive timeToLive) implements StateDescriptor {
    private static final long serialVersionUID = 1L;

    public ReducingStateDescriptor(String name, Serde<T> serde, Reducer<T> reducer) {
        this(name, serde, reducer, null);
    }

    public ReducingStateDescriptor(String name, Class<T> type, Reducer<T> reducer) {
        this(name, Types.of(type, "the state " + name), reducer);
    }

    @Override
    public ReducingStateDescriptor<T> withTimeToLive(TimeToLive newTimeToLive) {
        return new ReducingStateDescriptor<>(name, serde, reducer, newTimeToLive);
    }
}
