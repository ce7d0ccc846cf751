package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. Keyed state as objects in the heap: setting the current key is one look-up, and using
 * a state after it an access to an array. Neither allocates; the key group is computed only for keys that are new.
 *
 * <p>Keys and namespaces are told apart by {@code equals}, byte arrays by their content. A snapshot is serialized at
 * once, while the task waits for it: copy-on-write, which lets the task go on, is later work.
 */
public final class HeapKeyedStateBackend<K> implements KeyedStateBackend<K> {
    private final String operator;
    private final Serde<K> keySerde;
    private final KeyGrouper<K> grouper;
    private final KeyGroupRange range;
    private final KeyTable table = new KeyTable();
    private final List<StateSection<?>> states = new ArrayList<>();
    private final List<TimerSection<K, ?>> timers = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final KeyedStates plain = new PlainStates();
    private List<RestoredSegment> restored;
    private boolean opened;

    private @Nullable K currentKey;
    private int currentHash;
    private @Nullable Row currentRow;

    private record StateSection<V>(String name, int cell, Serde<V> serde) {}

    private record TimerSection<K, N>(String name, HeapTimerQueue<K, N> queue) {}

    /**
     * @param operator named in messages
     * @param range the key groups of this subtask
     * @param origin of the same key groups
     * @throws StateMismatchException if the key's format or the number of key groups is another one
     * @throws io.selvage.api.type.CorruptDataException if a segment is not what a backend has written
     */
    public HeapKeyedStateBackend(
            String operator, Serde<K> keySerde, int maxParallelism, KeyGroupRange range, KeyedOrigin origin) {
        this.operator = operator;
        this.keySerde = keySerde;
        this.grouper = new KeyGrouper<>(keySerde, maxParallelism);
        this.range = range;
        this.restored = new ArrayList<>();
        for (byte[] segment : origin instanceof KeyedReplica replica ? replica.segments() : List.<byte[]>of()) {
            restored.add(new RestoredSegment(segment, operator, keySerde.schema(), maxParallelism));
        }
    }

    @Override
    public void setCurrentKey(K key) {
        if (key == currentKey) {
            return;
        }
        currentKey = key;
        currentHash = KeyTable.hash(key);
        currentRow = table.find(key, currentHash);
    }

    @Override
    public K currentKey() {
        if (currentKey == null) {
            throw new IllegalStateException(
                    "The state of operator " + operator + " was used outside of an element or a timer.");
        }
        return currentKey;
    }

    @Override
    public KeyedStates states() {
        return plain;
    }

    @Override
    public <N> NamespacedStates<N> namespaced(Serde<N> namespaceSerde) {
        return new ByNamespace<>(namespaceSerde);
    }

    @Override
    public <N> TimerQueue<K, N> timers(String name, Serde<N> namespaceSerde) {
        claim(name);
        HeapTimerQueue<K, N> queue = new HeapTimerQueue<>(this, keySerde, namespaceSerde);
        for (RestoredSegment segment : restored) {
            segment.read(operator, RestoredSegment.Kind.TIMERS, name, queue.schema(), range, queue::readGroup);
        }
        timers.add(new TimerSection<>(name, queue));
        return queue;
    }

    @Override
    public List<String> opened() {
        Set<String> dropped = new LinkedHashSet<>();
        for (RestoredSegment segment : restored) {
            dropped.addAll(segment.names());
        }
        dropped.removeAll(names);
        restored = List.of();
        opened = true;
        return List.copyOf(dropped);
    }

    @Override
    public KeyedCut snapshot(long checkpoint) {
        BinaryWriter out = new BinaryWriter();
        write(out);
        return new KeyedCut(out.toByteArray(), 0, checkpoint);
    }

    @Override
    public void confirm(long checkpoint) {}

    @Override
    public void abort(long checkpoint) {}

    @Override
    public @Nullable RetainedState retain() {
        return null;
    }

    private void write(BinaryWriter out) {
        if (!opened) {
            throw new IllegalStateException("operator " + operator + " is not opened, and its state not restored");
        }
        RestoredSegment.writeHeader(out, keySerde.schema(), grouper.maxParallelism(), states.size() + timers.size());
        Row[] rows = table.byGroup(range);
        for (StateSection<?> state : states) {
            int lengthAt = RestoredSegment.beginSection(
                    out, RestoredSegment.Kind.STATE, state.name(), state.serde().schema());
            write(state, rows, out);
            RestoredSegment.endSection(out, lengthAt);
        }
        for (TimerSection<K, ?> section : timers) {
            int lengthAt = RestoredSegment.beginSection(
                    out,
                    RestoredSegment.Kind.TIMERS,
                    section.name(),
                    section.queue().schema());
            section.queue().writeGroups(out);
            RestoredSegment.endSection(out, lengthAt);
        }
    }

    @Override
    public int keyCount() {
        return table.size();
    }

    int currentGroup() {
        Row row = currentRow;
        return row != null ? row.group : groupOfCurrentKey();
    }

    private int groupOfCurrentKey() {
        int group = grouper.groupOf(currentKey());
        if (!range.contains(group)) {
            throw new IllegalStateException("a key of group " + group + " has come to operator " + operator
                    + ", whose groups are " + range.first() + " to " + (range.end() - 1)
                    + ": its serde does not write equal keys equally");
        }
        return group;
    }

    private <V> void write(StateSection<V> state, Row[] rows, BinaryWriter out) {
        int openGroup = -1;
        int lengthAt = 0;
        for (Row row : rows) {
            @SuppressWarnings("unchecked")
            V value = (V) row.get(state.cell());
            if (value == null) {
                continue;
            }
            if (row.group != openGroup) {
                if (openGroup >= 0) {
                    RestoredSegment.endGroup(out, lengthAt);
                }
                openGroup = row.group;
                lengthAt = RestoredSegment.beginGroup(out, openGroup);
            }
            @SuppressWarnings("unchecked")
            K key = (K) row.key;
            keySerde.write(key, out);
            state.serde().write(value, out);
        }
        if (openGroup >= 0) {
            RestoredSegment.endGroup(out, lengthAt);
        }
    }

    /** Answers the state's cell. */
    private <V> int declare(String name, Serde<V> serde) {
        claim(name);
        int cell = states.size();
        states.add(new StateSection<>(name, cell, serde));
        table.widenAll(states.size());
        for (RestoredSegment segment : restored) {
            segment.read(
                    operator,
                    RestoredSegment.Kind.STATE,
                    name,
                    serde.schema(),
                    range,
                    (group, in) -> restoreGroup(cell, serde, group, in));
        }
        return cell;
    }

    private <V> void restoreGroup(int cell, Serde<V> serde, int group, BinaryReader in) {
        while (in.remaining() > 0) {
            K key = keySerde.read(in);
            int hash = KeyTable.hash(key);
            Row row = table.find(key, hash);
            if (row == null) {
                row = new Row(key, hash, group, states.size());
                table.add(row);
            }
            row.set(cell, serde.read(in));
        }
    }

    private void claim(String name) {
        if (opened) {
            throw new IllegalStateException("The state \"" + name + "\" of operator " + operator
                    + " was asked for after the operator was opened. Obtain it in openState.");
        }
        if (!names.add(name)) {
            throw new IllegalStateException("The operator " + operator + " has two states of the name \"" + name
                    + "\". Give one of them another name.");
        }
    }

    private @Nullable Object cell(int cell) {
        Row row = currentRow;
        if (row != null) {
            return row.get(cell);
        }
        currentKey(); // for its check
        return null;
    }

    private void setCell(int cell, Object value) {
        Row row = currentRow;
        if (row == null) {
            row = new Row(currentKey(), currentHash, groupOfCurrentKey(), states.size());
            table.add(row);
            currentRow = row;
        }
        row.set(cell, value);
    }

    private void clearCell(int cell) {
        Row row = currentRow;
        if (row == null) {
            return;
        }
        row.clear(cell);
        if (row.isEmpty()) {
            table.remove(row);
            currentRow = null;
        }
    }

    /** Owned by the backend's owner. States without a namespace. */
    private final class PlainStates extends HeapStates {
        @Override
        <V> Cell<V> cell(String name, Serde<V> serde) {
            return new PlainCell<>(declare(name, serde));
        }
    }

    private final class PlainCell<V> implements Cell<V> {
        private final int cell;

        PlainCell(int cell) {
            this.cell = cell;
        }

        @Override
        @SuppressWarnings("unchecked")
        public @Nullable V get() {
            return (V) cell(cell);
        }

        @Override
        public void set(V value) {
            setCell(cell, value);
        }

        @Override
        public void clear() {
            clearCell(cell);
        }
    }

    /** Owned by the backend's owner. States of the namespace that was set last. */
    private final class ByNamespace<N> extends HeapStates implements NamespacedStates<N> {
        private final Serde<N> namespaceSerde;
        private @Nullable N namespace;

        ByNamespace(Serde<N> namespaceSerde) {
            this.namespaceSerde = namespaceSerde;
        }

        @Override
        public void setNamespace(N newNamespace) {
            namespace = newNamespace;
        }

        @Override
        <V> Cell<V> cell(String name, Serde<V> serde) {
            return new NamespacedCell<>(this, declare(name, new NamespacesSerde<>(namespaceSerde, serde)));
        }

        N current() {
            if (namespace == null) {
                throw new IllegalStateException("no namespace is set in operator " + operator);
            }
            return namespace;
        }
    }

    private final class NamespacedCell<N, V> implements Cell<V> {
        private final ByNamespace<N> namespaces;
        private final int cell;

        NamespacedCell(ByNamespace<N> namespaces, int cell) {
            this.namespaces = namespaces;
            this.cell = cell;
        }

        @Override
        public @Nullable V get() {
            Namespaces<N, V> all = all();
            return all == null ? null : all.get(namespaces.current());
        }

        @Override
        public void set(V value) {
            Namespaces<N, V> all = all();
            if (all == null) {
                all = new Namespaces<>();
                setCell(cell, all);
            }
            all.put(namespaces.current(), value);
        }

        @Override
        public void clear() {
            Namespaces<N, V> all = all();
            if (all != null) {
                all.remove(namespaces.current());
                if (all.count() == 0) {
                    clearCell(cell);
                }
            }
        }

        @SuppressWarnings("unchecked")
        private @Nullable Namespaces<N, V> all() {
            return (Namespaces<N, V>) cell(cell);
        }
    }
}
