package io.selvage.checkpoint.source;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/** Stateless. */
record KeyedEntrySerde<K, V>(Serde<K> key, Serde<V> value) implements Serde<KeyedEntry<K, V>> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(KeyedEntry<K, V> entry, BinaryWriter out) {
        key.write(entry.key(), out);
        value.write(entry.value(), out);
    }

    @Override
    public KeyedEntry<K, V> read(BinaryReader in) {
        K readKey = key.read(in);
        return new KeyedEntry<>(readKey, value.read(in));
    }

    @Override
    public String schema() {
        return "entry<" + key.schema() + "," + value.schema() + ">";
    }
}
