package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/** Stateless. A serde under the schema of the state that it is for. */
record SchemaSerde<T>(Serde<T> serde, String schema) implements Serde<T> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(T value, BinaryWriter out) {
        serde.write(value, out);
    }

    @Override
    public T read(BinaryReader in) {
        return serde.read(in);
    }
}
