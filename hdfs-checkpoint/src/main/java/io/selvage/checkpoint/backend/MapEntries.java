package io.selvage.checkpoint.backend;

import io.selvage.api.state.MapState;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A map for the current key. One of many entries is in parts, each in a row of its own, so that
 * what is used of it is what costs.
 *
 * <p>If a serde throws in the midst of a change of parts, what can be seen is as it was, or as it was to become: what a
 * part has is written before it is seen, and goes only once it is not.
 */
final class MapEntries<K, V> implements MapState<K, V> {
    private final Cell<LinkedHashMap<K, V>> cell;
    private final Serde<K> keySerde;
    private final PartSizes sizes;
    private final boolean isDivisible;
    private final BinaryWriter keyBytes = new BinaryWriter(64);

    MapEntries(Cell<LinkedHashMap<K, V>> cell, Serde<K> keySerde, PartSizes sizes) {
        this.cell = cell;
        this.keySerde = keySerde;
        this.sizes = sizes;
        this.isDivisible = cell.isDivisible() && keySerde.isCanonical();
    }

    @Override
    public @Nullable V get(K key) {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            map = cell.part(partOf(key, parted.parts));
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
        if (isDivisible && map.size() > sizes.most()) {
            divide(map);
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

    @Override
    public Iterable<Map.Entry<K, V>> entries() {
        LinkedHashMap<K, V> map = cell.get();
        if (map instanceof PartedMap<K, V> parted) {
            return () -> new EachPart(parted);
        }
        return map == null ? List.of() : Collections.unmodifiableMap(map).entrySet();
    }

    @Override
    public boolean isEmpty() {
        LinkedHashMap<K, V> map = cell.get();
        return map == null || map.isEmpty() && !(map instanceof PartedMap<K, V>);
    }

    @Override
    public void clear() {
        if (cell.get() instanceof PartedMap<K, V> parted) {
            cell.set(new LinkedHashMap<>());
            parted.clearParts(cell);
        }
        cell.clear();
    }

    // ---- parts ---------------------------------------------------------------------------------------------------

    private int partOf(K key, int parts) {
        keyBytes.clear();
        keySerde.write(key, keyBytes);
        return PartedMap.partOf(KeyGroups.murmur3(keyBytes.array(), 0, keyBytes.length()), parts);
    }

    private void put(PartedMap<K, V> parted, K key, V value) {
        int number = partOf(key, parted.parts);
        LinkedHashMap<K, V> part = cell.part(number);
        if (part == null) {
            LinkedHashMap<K, V> added = new LinkedHashMap<>();
            added.put(key, value);
            cell.setPart(number, added);
        } else {
            int before = part.size();
            part.put(key, value);
            if (part.size() == before) {
                return;
            }
        }
        parted.entries++;
        parted.changes++;
        if (sizes.isCrowded(parted.entries, parted.parts)) {
            grow(parted);
        }
    }

    private void remove(PartedMap<K, V> parted, K key) {
        int number = partOf(key, parted.parts);
        LinkedHashMap<K, V> part = cell.part(number);
        if (part == null || !part.containsKey(key)) {
            return;
        }
        part.remove(key);
        parted.entries--;
        parted.changes++;
        if (part.isEmpty()) {
            cell.clearPart(number);
        }
        if (sizes.isWhole(parted.entries)) {
            if (parted.join(cell).isEmpty()) {
                cell.clear();
            }
        } else if (sizes.isSparse(parted.entries, parted.parts)) {
            shrink(parted);
        }
    }

    /** A map that was whole. */
    private void divide(LinkedHashMap<K, V> map) {
        int parts = sizes.partsFor(map.size());
        List<LinkedHashMap<K, V>> divided = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            divided.add(new LinkedHashMap<>());
        }
        map.forEach((key, value) -> divided.get(partOf(key, parts)).put(key, value));
        for (int i = 0; i < parts; i++) {
            putPart(i, divided.get(i));
        }
        cell.set(new PartedMap<>(parts, map.size(), 0));
    }

    /** Whatever is left there from an earlier map. */
    private void putPart(int number, LinkedHashMap<K, V> content) {
        if (content.isEmpty()) {
            cell.clearPart(number);
        } else {
            cell.setPart(number, content);
        }
    }

    /** By one part, into which some entries of one other go. */
    private void grow(PartedMap<K, V> parted) {
        int added = parted.parts;
        int from = PartedMap.sourceOf(added);
        LinkedHashMap<K, V> source = cell.part(from);
        LinkedHashMap<K, V> moved = new LinkedHashMap<>();
        if (source != null) {
            source.forEach((key, value) -> {
                if (partOf(key, added + 1) == added) {
                    moved.put(key, value);
                }
            });
        }
        putPart(added, moved);
        if (!moved.isEmpty()) {
            LinkedHashMap<K, V> left = Objects.requireNonNull(cell.part(from));
            parted.parts = added + 1;
            left.keySet().removeAll(moved.keySet());
            if (left.isEmpty()) {
                cell.clearPart(from);
            }
        }
        parted.parts = added + 1;
    }

    /** By the last part, whose entries go where they came from. */
    private void shrink(PartedMap<K, V> parted) {
        int last = parted.parts - 1;
        int into = PartedMap.sourceOf(last);
        LinkedHashMap<K, V> moved = cell.part(last);
        if (moved != null) {
            LinkedHashMap<K, V> target = cell.part(into);
            if (target == null) {
                cell.setPart(into, new LinkedHashMap<>(moved));
            } else {
                target.putAll(moved);
            }
        }
        parted.parts = last;
        cell.clearPart(last);
    }

    /** Owned by its caller, until the map or the key changes. One part after the other. */
    private final class EachPart implements Iterator<Map.Entry<K, V>> {
        private final PartedMap<K, V> parted;
        private final int changes;
        private int next;
        private Iterator<Map.Entry<K, V>> within = Collections.emptyIterator();

        EachPart(PartedMap<K, V> parted) {
            this.parted = parted;
            this.changes = parted.changes;
        }

        @Override
        public boolean hasNext() {
            while (!within.hasNext()) {
                if (parted.changes != changes || cell.get() != parted) {
                    throw new ConcurrentModificationException("the map, or the current key, has changed");
                }
                if (next == parted.parts) {
                    return false;
                }
                LinkedHashMap<K, V> part = cell.part(next++);
                within = part == null
                        ? Collections.emptyIterator()
                        : Collections.unmodifiableMap(part).entrySet().iterator();
            }
            return true;
        }

        @Override
        public Map.Entry<K, V> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return within.next();
        }
    }
}
