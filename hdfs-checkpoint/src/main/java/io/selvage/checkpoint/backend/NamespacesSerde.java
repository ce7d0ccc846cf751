package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.IncompatibleSchemaException;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.List;
import java.util.function.Function;

/**
 * Stateless. What one key has of one state, by namespace.
 *
 * @param isDivided values may be in parts: they are read where none was, but not the other way round
 */
record NamespacesSerde<N, V>(Serde<N> namespace, Serde<V> value, boolean isDivided) implements Serde<Namespaces<N, V>> {
    private static final long serialVersionUID = 1L;

    private static final String WHOLE = "by";
    private static final String DIVIDED = "parts-by";

    @Override
    public void write(Namespaces<N, V> all, BinaryWriter out) {
        out.writeUnsignedVarInt(all.count());
        all.forEach((n, v) -> {
            namespace.write(n, out);
            value.write(v, out);
        });
    }

    @Override
    public Namespaces<N, V> read(BinaryReader in) {
        return read(in, value::read);
    }

    private Namespaces<N, V> read(BinaryReader in, Function<BinaryReader, V> values) {
        Namespaces<N, V> all = new Namespaces<>();
        int count = in.readCount();
        for (int i = 0; i < count; i++) {
            N n = namespace.read(in);
            all.put(n, values.apply(in));
        }
        return all;
    }

    @Override
    public Function<BinaryReader, Namespaces<N, V>> reader(String written) {
        String word = isDivided && written.startsWith(DIVIDED) ? DIVIDED : WHOLE;
        List<String> arguments = Schemas.argumentsOf(written, word, 2, schema());
        if (!arguments.get(0).equals(namespace.schema())) {
            throw new IncompatibleSchemaException(written, schema());
        }
        Function<BinaryReader, V> values = value.reader(arguments.get(1));
        return in -> read(in, values);
    }

    @Override
    public String schema() {
        return (isDivided ? DIVIDED : WHOLE) + "<" + namespace.schema() + "," + value.schema() + ">";
    }
}
