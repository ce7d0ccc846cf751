package io.selvage.checkpoint.backend;

import io.selvage.api.state.MapState;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A map whose entries expire, for the current key. One that is used moves to the end, so that
 * those that expire are at the front; but for those that were used after a clock was set back. One of many entries is
 * in parts, of which each is as a map is.
 */
final class StampedEntries<K, V> implements MapState<K, V> {
    private final Cell<LinkedHashMap<K, Stamped<V>>> cell;
    private final StampedMapSerde<K, V> serde;
    private final MapParts<K, Stamped<V>> parts;

    StampedEntries(Cell<LinkedHashMap<K, Stamped<V>>> cell, StampedMapSerde<K, V> serde, PartSizes sizes) {
        this.cell = cell;
        this.serde = serde;
        this.parts = new MapParts<>(cell, serde.key(), sizes, StampedEntries::byUse);
    }

    private static <K, V> LinkedHashMap<K, Stamped<V>> byUse(LinkedHashMap<K, Stamped<V>> map) {
        LinkedHashMap<K, Stamped<V>> sorted = new LinkedHashMap<>();
        map.entrySet().stream()
                .sorted((one, other) -> Long.compare(one.getValue().millis, other.getValue().millis))
                .forEach(each -> sorted.put(each.getKey(), each.getValue()));
        return sorted;
    }

    @Override
    public @Nullable V get(K key) {
        LinkedHashMap<K, Stamped<V>> map = living();
        PartedMap<K, Stamped<V>> parted = map instanceof PartedMap<K, Stamped<V>> divided ? divided : null;
        if (parted != null) {
            map = livingPart(parted, parts.numberOf(key, parted));
        }
        Stamped<V> stamped = map == null ? null : map.get(key);
        if (map == null || stamped == null || stamped.millis <= serde.limit().horizonMillis()) {
            return null;
        }
        if (serde.limit().isReadUse()) {
            map.remove(key);
            stamped.millis = serde.limit().nowMillis();
            map.put(key, stamped);
            if (parted != null) {
                parted.onUse(stamped.millis);
            }
        }
        return stamped.value;
    }

    @Override
    public void put(K key, V value) {
        LinkedHashMap<K, Stamped<V>> map = settled();
        long millis = serde.limit().nowMillis();
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            put(parted, key, value, millis);
            return;
        }
        if (map == null) {
            map = new LinkedHashMap<>();
            cell.set(map);
        }
        replace(map, key, value, millis);
        PartedMap<K, Stamped<V>> divided = parts.onAdded(map);
        if (divided != null) {
            map.values().forEach(each -> divided.onUse(each.millis));
        }
    }

    private void put(PartedMap<K, Stamped<V>> parted, K key, V value, long millis) {
        int number = parts.numberOf(key, parted);
        LinkedHashMap<K, Stamped<V>> part = livingPart(parted, number);
        if (part == null) {
            part = new LinkedHashMap<>();
            replace(part, key, value, millis);
            cell.setPart(number, part);
            parted.onUse(millis);
            parts.onAddedToPart(parted);
            return;
        }
        parted.onUse(millis);
        if (replace(part, key, value, millis)) {
            parts.onAddedToPart(parted);
        }
    }

    /** Answers whether there was none of that key. */
    private static <K, V> boolean replace(LinkedHashMap<K, Stamped<V>> map, K key, V value, long millis) {
        Stamped<V> before = map.remove(key);
        Stamped<V> stamped = before == null ? new Stamped<>(value, millis) : before;
        stamped.value = value;
        stamped.millis = millis;
        map.put(key, stamped);
        return before == null;
    }

    @Override
    public void remove(K key) {
        LinkedHashMap<K, Stamped<V>> map = settled();
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            remove(parted, key);
        } else if (map != null) {
            map.remove(key);
            if (map.isEmpty()) {
                cell.clear();
            }
        }
    }

    private void remove(PartedMap<K, Stamped<V>> parted, K key) {
        int number = parts.numberOf(key, parted);
        LinkedHashMap<K, Stamped<V>> part = livingPart(parted, number);
        if (part != null && part.remove(key) != null) {
            parts.onRemoved(parted);
            if (part.isEmpty()) {
                cell.clearPart(number);
            }
        }
        parts.settle(parted);
    }

    @Override
    public Iterable<Map.Entry<K, V>> entries() {
        LinkedHashMap<K, Stamped<V>> map = living();
        if (map == null) {
            return List.of();
        }
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            return () -> plain(parts.iterator(parted, number -> used(parted, number)));
        }
        use(map.values()); // What living() has left has at least its first one.
        return () -> plain(List.copyOf(map.entrySet()).iterator());
    }

    /** Of what is gone over; answers how many had expired, and have gone. */
    private int use(Collection<Stamped<V>> values) {
        int before = values.size();
        long horizon = serde.limit().horizonMillis();
        values.removeIf(each -> each.millis <= horizon);
        if (serde.limit().isReadUse()) {
            long millis = serde.limit().nowMillis();
            values.forEach(each -> each.millis = millis);
        }
        return before - values.size();
    }

    /**
     * A copy of a part, for one who goes over all of them: who reads meanwhile may move entries, or find some expired.
     */
    private @Nullable LinkedHashMap<K, Stamped<V>> used(PartedMap<K, Stamped<V>> parted, int number) {
        LinkedHashMap<K, Stamped<V>> part = cell.part(number);
        if (part == null) {
            return null;
        }
        parted.entries -= use(part.values());
        if (part.isEmpty()) {
            cell.clearPart(number);
            return null;
        }
        if (serde.limit().isReadUse()) {
            parted.onUse(serde.limit().nowMillis());
        }
        return new LinkedHashMap<>(part);
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
        LinkedHashMap<K, Stamped<V>> map = living();
        if (map instanceof PartedMap<K, Stamped<V>> parted) {
            for (int i = 0; i < parted.parts && parted.entries > 0; i++) {
                if (livingPart(parted, i) != null) {
                    return false;
                }
            }
            return true;
        }
        return map == null || map.isEmpty();
    }

    @Override
    public void clear() {
        parts.clear();
    }

    /**
     * What is there, whole or in parts, of which some entries may have expired. One in parts stays what it is, as
     * somebody may be going over it.
     */
    private @Nullable LinkedHashMap<K, Stamped<V>> living() {
        LinkedHashMap<K, Stamped<V>> map = cell.get();
        if (map == null || !serde.expire(map, serde.limit().horizonMillis())) {
            return map;
        }
        if (!(map instanceof PartedMap<K, Stamped<V>>)) {
            cell.clear();
        }
        return null;
    }

    /** The same for one who changes it, and so ends what others are about. */
    private @Nullable LinkedHashMap<K, Stamped<V>> settled() {
        if (cell.get() instanceof PartedMap<K, Stamped<V>> parted) {
            if (serde.hasExpired(parted, serde.limit().horizonMillis())) {
                parts.clear();
            } else {
                parts.settle(parted);
            }
        }
        return living();
    }

    private @Nullable LinkedHashMap<K, Stamped<V>> livingPart(PartedMap<K, Stamped<V>> parted, int number) {
        LinkedHashMap<K, Stamped<V>> part = cell.part(number);
        if (part == null) {
            return null;
        }
        int before = part.size();
        boolean isGone = serde.expire(part, serde.limit().horizonMillis());
        parted.entries -= before - part.size();
        if (isGone) {
            cell.clearPart(number);
            return null;
        }
        return part;
    }
}
