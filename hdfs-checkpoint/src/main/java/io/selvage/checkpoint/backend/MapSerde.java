package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.LinkedHashMap;
import java.util.Map;

/** Stateless. The entries of a map state, whose order of insertion a restore keeps. */
record MapSerde<K, V>(Serde<K> key, Serde<V> value, String schema) implements Serde<LinkedHashMap<K, V>> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(LinkedHashMap<K, V> map, BinaryWriter out) {
        out.writeUnsignedVarInt(map.size());
        for (Map.Entry<K, V> entry : map.entrySet()) {
            key.write(entry.getKey(), out);
            value.write(entry.getValue(), out);
        }
    }

    @Override
    public LinkedHashMap<K, V> read(BinaryReader in) {
        int size = in.readUnsignedVarInt();
        LinkedHashMap<K, V> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            K entryKey = key.read(in);
            map.put(entryKey, value.read(in));
        }
        return map;
    }
}
