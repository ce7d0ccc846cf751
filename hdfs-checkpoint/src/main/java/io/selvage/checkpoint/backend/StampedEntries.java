package io.selvage.checkpoint.backend;

import io.selvage.api.state.MapState;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A map whose entries expire, for the current key; always whole. One that is used moves to the end, so that
 * those that expire are at the front; but for those that were used after a clock was set back.
 */
record StampedEntries<K, V>(Cell<LinkedHashMap<K, Stamped<V>>> cell, StampedMapSerde<K, V> serde)
        implements MapState<K, V> {
    @Override
    public @Nullable V get(K key) {
        LinkedHashMap<K, Stamped<V>> map = living();
        Stamped<V> stamped = map == null ? null : map.get(key);
        if (map == null || stamped == null || stamped.millis <= serde.limit().horizonMillis()) {
            return null;
        }
        if (serde.limit().isReadUse()) {
            map.remove(key);
            stamped.millis = serde.limit().nowMillis();
            map.put(key, stamped);
        }
        return stamped.value;
    }

    @Override
    public void put(K key, V value) {
        LinkedHashMap<K, Stamped<V>> map = living();
        if (map == null) {
            map = new LinkedHashMap<>();
            cell.set(map);
        }
        Stamped<V> stamped = map.remove(key);
        if (stamped == null) {
            stamped = new Stamped<>(value, 0);
        }
        stamped.value = value;
        stamped.millis = serde.limit().nowMillis();
        map.put(key, stamped);
    }

    @Override
    public void remove(K key) {
        LinkedHashMap<K, Stamped<V>> map = living();
        if (map != null) {
            map.remove(key);
            if (map.isEmpty()) {
                cell.clear();
            }
        }
    }

    @Override
    public Iterable<Map.Entry<K, V>> entries() {
        LinkedHashMap<K, Stamped<V>> map = living();
        if (map == null) {
            return List.of();
        }
        long horizon = serde.limit().horizonMillis();
        map.values().removeIf(each -> each.millis <= horizon); // What living() has left has at least its first one.
        if (serde.limit().isReadUse()) {
            long millis = serde.limit().nowMillis();
            map.values().forEach(each -> each.millis = millis);
        }
        return () -> plain(map.entrySet().iterator());
    }

    private static <K, V> Iterator<Map.Entry<K, V>> plain(Iterator<Map.Entry<K, Stamped<V>>> stamped) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return stamped.hasNext();
            }

            @Override
            public Map.Entry<K, V> next() {
                Map.Entry<K, Stamped<V>> next = stamped.next();
                return Map.entry(next.getKey(), next.getValue().value);
            }
        };
    }

    @Override
    public boolean isEmpty() {
        return living() == null;
    }

    @Override
    public void clear() {
        cell.clear();
    }

    private @Nullable LinkedHashMap<K, Stamped<V>> living() {
        LinkedHashMap<K, Stamped<V>> map = cell.get();
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            map = parted.join(cell);
        }
        if (map != null && serde.expire(map, serde.limit().horizonMillis())) {
            cell.clear();
            return null;
        }
        return map;
    }
}
