package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import org.jspecify.annotations.Nullable;

/**
 * A list for each key, in the order of addition.
 *
 * @param timeToLive null: what it has stays until it is cleared
 */
public record ListStateDescriptor<T>(
        String name, Serde<T> serde, @Nullable TimeToLive timeToLive) implements StateDescriptor {
    private static final long serialVersionUID = 1L;

    public ListStateDescriptor(String name, Serde<T> serde) {
        this(name, serde, null);
    }

    public ListStateDescriptor(String name, Class<T> type) {
        this(name, Types.of(type, "the state " + name));
    }

    @Override
    public ListStateDescriptor<T> withTimeToLive(TimeToLive newTimeToLive) {
        return new ListStateDescriptor<>(name, serde, newTimeToLive);
    }
}
