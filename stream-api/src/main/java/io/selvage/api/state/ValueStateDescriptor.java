package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import org.jspecify.annotations.Nullable;

/**
 * One value for each key.
 *
 * @param timeToLive null: what it has stays until it is cleared
 */
public record ValueStateDescriptor<T>(
        String name, Serde<T> serde, @Nullable TimeToLive timeToLive) implements StateDescriptor {
    private static final long serialVersionUID = 1L;

    public ValueStateDescriptor(String name, Serde<T> serde) {
        this(name, serde, null);
    }

    public ValueStateDescriptor(String name, Class<T> type) {
        this(name, Types.of(type, "the state " + name));
    }

    @Override
    public ValueStateDescriptor<T> withTimeToLive(TimeToLive newTimeToLive) {
        return new ValueStateDescriptor<>(name, serde, newTimeToLive);
    }
}
