package io.selvage.checkpoint.backend;

import io.selvage.api.state.MapState;
import io.selvage.api.type.Serde;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A map for the current key. One of many entries is in parts, each in a row of its own, so that
 * what is used of it is what costs.
 */
final class MapEntries<K, V> implements MapState<K, V> {
    private final Cell<LinkedHashMap<K, V>> cell;
    private final MapParts<K, V> parts;

    MapEntries(Cell<LinkedHashMap<K, V>> cell, Serde<K> keySerde, PartSizes sizes) {
        this.cell = cell;
        this.parts = new MapParts<>(cell, keySerde, sizes, UnaryOperator.identity());
    }

    @Override
    public @Nullable V get(K key) {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            map = cell.part(parts.numberOf(key, parted));
        }
        return map == null ? null : map.get(key);
    }

    @Override
    public void put(K key, V value) {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            put(parted, key, value);
            return;
        }
        if (map == null) {
            map = new LinkedHashMap<>();
            cell.set(map);
        }
        map.put(key, value);
        parts.onAdded(map);
    }

    private void put(PartedMap<K, V> parted, K key, V value) {
        int number = parts.numberOf(key, parted);
        LinkedHashMap<K, V> part = cell.part(number);
        if (part == null) {
            LinkedHashMap<K, V> added = new LinkedHashMap<>();
            added.put(key, value);
            cell.setPart(number, added);
            parts.onAddedToPart(parted);
            return;
        }
        int before = part.size();
        part.put(key, value);
        if (part.size() > before) {
            parts.onAddedToPart(parted);
        }
    }

    @Override
    public void remove(K key) {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            remove(parted, key);
        } else if (map != null) {
            map.remove(key);
            if (map.isEmpty()) {
                cell.clear();
            }
        }
    }

    private void remove(PartedMap<K, V> parted, K key) {
        int number = parts.numberOf(key, parted);
        LinkedHashMap<K, V> part = cell.part(number);
        if (part == null || !part.containsKey(key)) {
            return;
        }
        part.remove(key);
        parts.onRemoved(parted);
        if (part.isEmpty()) {
            cell.clearPart(number);
        }
        parts.settle(parted);
    }

    @Override
    public Iterable<Map.Entry<K, V>> entries() {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            return () -> parts.iterator(parted, cell::part);
        }
        return map == null ? List.of() : Collections.unmodifiableMap(map).entrySet();
    }

    @Override
    public boolean isEmpty() {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            return parted.entries == 0;
        }
        return map == null || map.isEmpty();
    }

    @Override
    public void clear() {
        parts.clear();
    }
}
