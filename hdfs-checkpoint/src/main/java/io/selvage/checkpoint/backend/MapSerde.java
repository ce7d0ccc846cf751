package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.IncompatibleSchemaException;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Stateless. The entries of a map state, whose order of insertion a restore keeps. */
record MapSerde<K, V>(Serde<K> key, Serde<V> value) implements Serde<LinkedHashMap<K, V>> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(LinkedHashMap<K, V> map, BinaryWriter out) {
        if (map instanceof PartedMap<K, V> parted) {
            parted.write(out);
            return;
        }
        out.writeUnsignedVarInt(map.size());
        for (Map.Entry<K, V> entry : map.entrySet()) {
            key.write(entry.getKey(), out);
            value.write(entry.getValue(), out);
        }
    }

    @Override
    public LinkedHashMap<K, V> read(BinaryReader in) {
        return read(in, value::read, false);
    }

    private LinkedHashMap<K, V> read(BinaryReader in, Function<BinaryReader, V> values, boolean isStamped) {
        int size = Announced.entries(in);
        if (size == PartedMap.MARK) {
            return PartedMap.read(in, isStamped, 0);
        }
        LinkedHashMap<K, V> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            K entryKey = key.read(in);
            map.put(entryKey, values.apply(in));
            if (isStamped) {
                in.readVarLong();
            }
        }
        return map;
    }

    @Override
    public String schema() {
        return schema(key, value);
    }

    static String schema(Serde<?> key, Serde<?> value) {
        return "map<" + key.schema() + "," + value.schema() + ">";
    }

    @Override
    public Function<BinaryReader, LinkedHashMap<K, V>> reader(String written) {
        Function<BinaryReader, V> values = valueReader(written, key, value);
        boolean isStamped = ExpiringSerde.schemaOfContent(written).isPresent();
        return in -> read(in, values, isStamped);
    }

    /** Of the values in what was written, be it with times or without; keys must be as they were. */
    static <V> Function<BinaryReader, V> valueReader(String written, Serde<?> key, Serde<V> value) {
        String content = ExpiringSerde.schemaOfContent(written).orElse(written);
        List<String> arguments = Schemas.argumentsOf(content, "map", 2, schema(key, value));
        if (!arguments.get(0).equals(key.schema())) {
            // Of two keys that differ, none must become the other.
            throw new IncompatibleSchemaException(content, schema(key, value));
        }
        return value.reader(arguments.get(1));
    }
}
