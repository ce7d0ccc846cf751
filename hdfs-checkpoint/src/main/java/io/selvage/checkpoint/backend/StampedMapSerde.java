package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Entries of a map state, the one first that was not used for longest; each followed by how much later it was. */
record StampedMapSerde<K, V>(Serde<K> key, Serde<V> value, TimeLimit limit)
        implements ExpiringSerde<LinkedHashMap<K, Stamped<V>>> {
    @Override
    public void write(LinkedHashMap<K, Stamped<V>> map, BinaryWriter out) {
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            parted.write(out);
            out.writeLong(parted.millis);
            return;
        }
        out.writeUnsignedVarInt(map.size());
        long before = 0;
        for (Map.Entry<K, Stamped<V>> entry : map.entrySet()) {
            key.write(entry.getKey(), out);
            value.write(entry.getValue().value, out);
            out.writeVarLong(entry.getValue().millis - before);
            before = entry.getValue().millis;
        }
        out.writeLong(before);
    }

    @Override
    public LinkedHashMap<K, Stamped<V>> read(BinaryReader in) {
        return read(in, value::read, true);
    }

    private LinkedHashMap<K, Stamped<V>> read(BinaryReader in, Function<BinaryReader, V> values, boolean isStamped) {
        int size = Announced.entries(in);
        if (size == PartedMap.MARK) {
            return PartedMap.read(in, isStamped, limit.startMillis());
        }
        LinkedHashMap<K, Stamped<V>> map = new LinkedHashMap<>();
        long millis = isStamped ? 0 : limit.startMillis();
        for (int i = 0; i < size; i++) {
            K entryKey = key.read(in);
            V entryValue = values.apply(in);
            millis += isStamped ? in.readVarLong() : 0;
            map.put(entryKey, new Stamped<>(entryValue, millis));
        }
        return map;
    }

    @Override
    public String schema() {
        return ExpiringSerde.schema(MapSerde.schema(key, value));
    }

    @Override
    public Function<BinaryReader, LinkedHashMap<K, Stamped<V>>> reader(String written) {
        Function<BinaryReader, V> values = MapSerde.valueReader(written, key, value);
        boolean isStamped = ExpiringSerde.schemaOfContent(written).isPresent();
        return in -> read(in, values, isStamped);
    }

    @Override
    public boolean hasExpired(LinkedHashMap<K, Stamped<V>> map, long horizonMillis) {
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            return parted.millis <= horizonMillis; // Its parts have, too, and go by themselves.
        }
        return !map.isEmpty() && map.values().iterator().next().millis <= horizonMillis;
    }

    @Override
    public boolean expire(LinkedHashMap<K, Stamped<V>> map, long horizonMillis) {
        if (map instanceof PartedMap<K, Stamped<V>>) {
            return hasExpired(map, horizonMillis);
        }
        Iterator<Stamped<V>> oldestFirst = map.values().iterator();
        while (oldestFirst.hasNext() && oldestFirst.next().millis <= horizonMillis) {
            oldestFirst.remove();
        }
        return map.isEmpty();
    }
}
