package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.function.Function;

/** Stateless. The one value of a state of some kind. */
record SchemaSerde<T>(String kind, Serde<T> serde) implements Serde<T> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(T value, BinaryWriter out) {
        serde.write(value, out);
    }

    @Override
    public T read(BinaryReader in) {
        return serde.read(in);
    }

    @Override
    public String schema() {
        return kind + "<" + serde.schema() + ">";
    }

    /** The time behind a value that has one is let lie. */
    @Override
    public Function<BinaryReader, T> reader(String written) {
        String content = ExpiringSerde.schemaOfContent(written).orElse(written);
        return serde.reader(Schemas.argumentsOf(content, kind, 1, schema()).get(0));
    }
}
