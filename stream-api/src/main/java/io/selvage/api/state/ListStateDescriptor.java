package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** A list for each key, in the order of addition. */
public record ListStateDescriptor<T>(String name, Serde<T> serde) implements StateDescriptor {
    public ListStateDescriptor(String name, Class<T> type) {
        this(name, Serdes.of(type));
    }

    @Override
    public String schema() {
        return "list<" + serde.schema() + ">";
    }
}
