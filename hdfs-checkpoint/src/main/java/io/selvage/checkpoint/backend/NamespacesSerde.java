package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/** Stateless. What one key has of one state, by namespace. */
record NamespacesSerde<N, V>(Serde<N> namespace, Serde<V> value) implements Serde<Namespaces<N, V>> {
    private static final long serialVersionUID = 1L;

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
        Namespaces<N, V> all = new Namespaces<>();
        int count = in.readUnsignedVarInt();
        for (int i = 0; i < count; i++) {
            N n = namespace.read(in);
            all.put(n, value.read(in));
        }
        return all;
    }

    @Override
    public String schema() {
        return "by<" + namespace.schema() + "," + value.schema() + ">";
    }
}
