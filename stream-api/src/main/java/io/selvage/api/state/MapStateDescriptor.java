package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** A map for each key. */
public record MapStateDescriptor<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde) implements StateDescriptor {
    public MapStateDescriptor(String name, Class<K> keyType, Class<V> valueType) {
        this(name, Serdes.of(keyType), Serdes.of(valueType));
    }

    @Override
    public String schema() {
        return "map<" + keySerde.schema() + "," + valueSerde.schema() + ">";
    }
}
