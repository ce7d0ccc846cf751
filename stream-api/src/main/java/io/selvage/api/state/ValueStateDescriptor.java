package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** One value for each key. */
public record ValueStateDescriptor<T>(String name, Serde<T> serde) implements StateDescriptor {
    public ValueStateDescriptor(String name, Class<T> type) {
        this(name, Serdes.of(type));
    }

    @Override
    public String schema() {
        return "value<" + serde.schema() + ">";
    }
}
