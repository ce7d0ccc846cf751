package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import io.selvage.api.type.UnsupportedTypeException;
import org.jspecify.annotations.Nullable;

/**
 * A map for each key.
 *
 * @param timeToLive null: what it has stays until it is cleared
 */
public record MapStateDescriptor<K, V>(
        String name,
        Serde<K> keySerde,
        Serde<V> valueSerde,
        @Nullable TimeToLive timeToLive) implements StateDescriptor {
    private static final long serialVersionUID = 1L;

    /**
     * @throws UnsupportedTypeException if keys are arrays, or hold some: none is found again once it has been written
     *     and read
     */
    public MapStateDescriptor {
        try {
            Serdes.map(keySerde, valueSerde);
        } catch (UnsupportedTypeException e) {
            throw new UnsupportedTypeException("In the state " + name + ": " + e.getMessage());
        }
    }

    public MapStateDescriptor(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        this(name, keySerde, valueSerde, null);
    }

    public MapStateDescriptor(String name, Class<K> keyType, Class<V> valueType) {
        this(name, Types.of(keyType, "the state " + name), Types.of(valueType, "the state " + name));
    }

    @Override
    public MapStateDescriptor<K, V> withTimeToLive(TimeToLive newTimeToLive) {
        return new MapStateDescriptor<>(name, keySerde, valueSerde, newTimeToLive);
    }
}
