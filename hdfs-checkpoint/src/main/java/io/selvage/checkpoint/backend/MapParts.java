package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its map, of which it takes the entries apart and puts them together again, as these come and go.
 *
 * <p>If a serde throws in the midst of that, what can be seen is as it was, or as it was to become: what a part has is
 * written before it is seen, and goes only once it is not.
 */
final class MapParts<K, W> {
    private final Cell<LinkedHashMap<K, W>> cell;
    private final Serde<K> keySerde;
    private final PartSizes sizes;
    private final UnaryOperator<LinkedHashMap<K, W>> inOrder;
    private final boolean isDivisible;
    private final BinaryWriter keyBytes = new BinaryWriter(64);

    /** @param inOrder brings what was in several parts into the order that a map of its kind has */
    MapParts(
            Cell<LinkedHashMap<K, W>> cell,
            Serde<K> keySerde,
            PartSizes sizes,
            UnaryOperator<LinkedHashMap<K, W>> inOrder) {
        this.cell = cell;
        this.keySerde = keySerde;
        this.sizes = sizes;
        this.inOrder = inOrder;
        this.isDivisible = cell.isDivisible() && keySerde.isCanonical();
    }

    /** The part that an entry of that key is in, or would be. */
    int numberOf(K key, PartedMap<K, W> parted) {
        return numberOf(key, parted.parts);
    }

    private int numberOf(K key, int parts) {
        keyBytes.clear();
        keySerde.write(key, keyBytes);
        return PartedMap.partOf(KeyGroups.murmur3(keyBytes.array(), 0, keyBytes.length()), parts);
    }

    /** An entry has come into a map that is whole; answers what it is if it is in parts now. */
    @Nullable
    PartedMap<K, W> onAdded(LinkedHashMap<K, W> map) {
        return isDivisible && map.size() > sizes.most() ? divide(map) : null;
    }

    /** An entry has come into a part. */
    void onAddedToPart(PartedMap<K, W> parted) {
        parted.entries++;
        parted.changes++;
        if (sizes.isCrowded(parted.entries, parted.parts)) {
            grow(parted);
        }
    }

    /** An entry has gone from a part, before {@link #settle}. */
    void onRemoved(PartedMap<K, W> parted) {
        parted.entries--;
        parted.changes++;
    }

    /** Has as many parts as it should, or one less than it had; it may be whole then, or gone. Not while it is read. */
    void settle(PartedMap<K, W> parted) {
        if (sizes.isWhole(parted.entries)) {
            join(parted);
        } else if (sizes.isSparse(parted.entries, parted.parts)) {
            shrink(parted);
        }
    }

    /** Whether it is whole or not. */
    void clear() {
        if (cell.get() instanceof PartedMap<K, W> parted) {
            cell.set(new LinkedHashMap<>());
            clearParts(parted.parts);
        }
        cell.clear();
    }

    /** @param parts null: there is nothing of that number */
    Iterator<Map.Entry<K, W>> iterator(PartedMap<K, W> parted, IntFunction<@Nullable LinkedHashMap<K, W>> parts) {
        int changes = parted.changes;
        return new EachPart<>(
                0,
                parted.parts,
                number -> iterator(parts.apply(number)),
                () -> parted.changes == changes && cell.get() == parted);
    }

    private static <K, W> Iterator<Map.Entry<K, W>> iterator(@Nullable LinkedHashMap<K, W> part) {
        return part == null
                ? Collections.emptyIterator()
                : Collections.unmodifiableMap(part).entrySet().iterator();
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private PartedMap<K, W> divide(LinkedHashMap<K, W> map) {
        int parts = sizes.partsFor(map.size());
        List<LinkedHashMap<K, W>> divided = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            divided.add(new LinkedHashMap<>());
        }
        map.forEach((key, value) -> divided.get(numberOf(key, parts)).put(key, value));
        for (int i = 0; i < parts; i++) {
            putPart(i, divided.get(i));
        }
        PartedMap<K, W> parted = new PartedMap<>(parts, map.size(), 0);
        cell.set(parted);
        return parted;
    }

    /** In place of whatever an earlier map has left there. */
    private void putPart(int number, LinkedHashMap<K, W> content) {
        if (content.isEmpty()) {
            cell.clearPart(number);
        } else {
            cell.setPart(number, content);
        }
    }

    /** By one part, into which some entries of one other go. */
    private void grow(PartedMap<K, W> parted) {
        int added = parted.parts;
        int from = PartedMap.sourceOf(added);
        LinkedHashMap<K, W> source = cell.part(from);
        LinkedHashMap<K, W> moved = new LinkedHashMap<>();
        if (source != null) {
            source.forEach((key, value) -> {
                if (numberOf(key, added + 1) == added) {
                    moved.put(key, value);
                }
            });
        }
        putPart(added, moved);
        LinkedHashMap<K, W> left = moved.isEmpty() ? null : Objects.requireNonNull(cell.part(from));
        parted.parts = added + 1;
        if (left != null) {
            left.keySet().removeAll(moved.keySet());
            if (left.isEmpty()) {
                cell.clearPart(from);
            }
        }
    }

    /** By the last part, whose entries go where they came from. */
    private void shrink(PartedMap<K, W> parted) {
        int last = parted.parts - 1;
        int into = PartedMap.sourceOf(last);
        LinkedHashMap<K, W> moved = cell.part(last);
        if (moved != null) {
            LinkedHashMap<K, W> all = new LinkedHashMap<>();
            LinkedHashMap<K, W> there = cell.part(into);
            if (there != null) {
                all.putAll(there);
            }
            all.putAll(moved);
            cell.setPart(into, inOrder.apply(all));
        }
        parted.parts = last;
        parted.changes++;
        cell.clearPart(last);
    }

    private void join(PartedMap<K, W> parted) {
        LinkedHashMap<K, W> all = new LinkedHashMap<>();
        for (int i = 0; i < parted.parts; i++) {
            LinkedHashMap<K, W> part = cell.part(i);
            if (part != null) {
                all.putAll(part);
            }
        }
        cell.set(inOrder.apply(all));
        clearParts(parted.parts);
        if (all.isEmpty()) {
            cell.clear();
        }
    }

    private void clearParts(int parts) {
        for (int i = 0; i < parts; i++) {
            cell.clearPart(i);
        }
    }
}
