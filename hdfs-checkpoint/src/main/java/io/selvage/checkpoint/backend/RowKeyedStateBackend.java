package io.selvage.checkpoint.backend;

import io.selvage.api.state.StateAccess;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. Keyed state as a row of objects for each key: setting the current key is one look-up,
 * and using a state after it an access to an array. Neither allocates if the row is in the heap and what is used is not
 * in parts; the key group is computed only for keys that are not there.
 *
 * <p>Keys and namespaces are told apart by {@code equals}, byte arrays by their content. Where the rows are, what a cut
 * costs, and the way back to one, is the business of {@link HeapRows} and {@link RocksRows}.
 */
public final class RowKeyedStateBackend<K> implements KeyedStateBackend<K> {
    /** Of smaller states every segment is whole: that costs less than to keep a chain. */
    public static final long LEAST_CHAINED_BYTES = 1 << 20;

    private final String operator;
    private final KeyGrouper<K> grouper;
    private final KeyGroupRange range;
    private final RowCodec<K> codec;
    private final @Nullable Disk disk; // null: all rows are in the heap.
    private final long leastChainedBytes;
    private final Set<String> names = new HashSet<>();
    private final InstantSource clock;
    private final long startMillis;
    private final StateAccess plain = new PlainStates();
    private KeyedOrigin origin;
    private @Nullable StateSchema restored; // Until it is opened.
    private Rows<K> rows;
    private boolean opened;
    private PartSizes partSizes = PartSizes.DEFAULT;
    private PartSizes partSizesOfNamespaces = PartSizes.OF_NAMESPACES;

    private Current<K> current = new Current<>();
    private int currentUses;
    private int[] hashesAhead = {};
    private @Nullable RowGuard guard; // null: values are not compared.

    /**
     * Owned by the backend. What is used at the moment. There is a new one after so many uses: to keep references in a
     * young object takes no fence of G1's barrier, which for each element is much of what a look-up costs.
     */
    private static final class Current<K> {
        static final int MOST_USES = 64;

        @Nullable
        K key;

        @Nullable
        Row row; // Null: the key has nothing.

        int hash;
    }

    /**
     * @param operator named in messages
     * @param range the key groups of this subtask
     * @param origin of the same key groups
     * @throws StateMismatchException if the key's format or the number of key groups is another one
     * @throws io.selvage.api.type.CorruptDataException if segments are missing
     */
    public RowKeyedStateBackend(
            String operator, Serde<K> keySerde, int maxParallelism, KeyGroupRange range, KeyedOrigin origin) {
        this(operator, keySerde, maxParallelism, range, origin, LEAST_CHAINED_BYTES);
    }

    /** @param leastChainedBytes of smaller states every segment is whole */
    public RowKeyedStateBackend(
            String operator,
            Serde<K> keySerde,
            int maxParallelism,
            KeyGroupRange range,
            KeyedOrigin origin,
            long leastChainedBytes) {
        this(operator, keySerde, maxParallelism, range, origin, leastChainedBytes, InstantSource.system());
    }

    /** @param clock decides what has expired of states with a time-to-live */
    public RowKeyedStateBackend(
            String operator,
            Serde<K> keySerde,
            int maxParallelism,
            KeyGroupRange range,
            KeyedOrigin origin,
            long leastChainedBytes,
            InstantSource clock) {
        this(operator, keySerde, maxParallelism, range, origin, leastChainedBytes, clock, null);
    }

    private RowKeyedStateBackend(
            String operator,
            Serde<K> keySerde,
            int maxParallelism,
            KeyGroupRange range,
            KeyedOrigin origin,
            long leastChainedBytes,
            InstantSource clock,
            @Nullable Disk disk) {
        this.clock = clock;
        this.startMillis = clock.millis();
        this.operator = operator;
        this.grouper = KeyGrouper.of(keySerde, maxParallelism);
        this.range = range;
        this.codec = new RowCodec<>(keySerde, maxParallelism);
        this.leastChainedBytes = leastChainedBytes;
        this.disk = disk;
        this.rows = new HeapRows<>(operator, range, codec, leastChainedBytes);
        this.origin = origin;
        restored = restoredSchema();
        if (restored != null) {
            restored.checkKeys(operator, keySerde.schema(), maxParallelism);
            requireFit();
        }
    }

    /** Rows in use in the heap, the others on the disk. */
    public static <K> RowKeyedStateBackend<K> onDisk(
            String operator,
            Serde<K> keySerde,
            int maxParallelism,
            KeyGroupRange range,
            KeyedOrigin origin,
            RocksEnvironment environment) {
        Disk disk = new Disk(environment, RocksRows.LEAST_SPILLED, SegmentChain.Bounds.FILES);
        return onDisk(operator, keySerde, maxParallelism, range, origin, InstantSource.system(), disk);
    }

    /**
     * Where rows are that are not in use.
     *
     * @param leastSpilled rows that are written at once to make room
     * @param bounds of checkpoints
     */
    record Disk(RocksEnvironment environment, int leastSpilled, SegmentChain.Bounds bounds) {}

    static <K> RowKeyedStateBackend<K> onDisk(
            String operator,
            Serde<K> keySerde,
            int maxParallelism,
            KeyGroupRange range,
            KeyedOrigin origin,
            InstantSource clock,
            Disk disk) {
        return new RowKeyedStateBackend<>(operator, keySerde, maxParallelism, range, origin, 0, clock, disk);
    }

    private @Nullable StateSchema restoredSchema() {
        if (origin instanceof RetainedState retained) {
            return retained.schema();
        }
        return origin instanceof StateReplica replica && !replica.isEmpty() ? replica.schema() : null;
    }

    private void requireFit() {
        if (origin instanceof RetainedState retained) {
            requireSame(retained.range());
        } else if (origin instanceof StateReplica replica) {
            requireSame(replica.range());
            replica.requireComplete();
        }
    }

    private void requireSame(KeyGroupRange other) {
        if (!other.equals(range)) {
            throw new IllegalStateException(
                    "operator " + operator + " has key groups " + range + " and was given the state of " + other);
        }
    }

    @Override
    public void setCurrentKey(K key) {
        if (key == current.key) {
            return;
        }
        forgetCurrentKey(); // A serde may throw.
        int hash = KeyTable.hash(key);
        enter(key, hash, rows.find(key, hash));
    }

    @Override
    public void prefetch(Object[] keys, int count) {
        if (hashesAhead.length < count) {
            hashesAhead = new int[count];
        }
        for (int i = 0; i < count; i++) {
            hashesAhead[i] = KeyTable.hash(keys[i]);
        }
        rows.prefetch(hashesAhead, count);
    }

    /** Answers its key. */
    K makeCurrent(Row row) {
        @SuppressWarnings("unchecked")
        K key = (K) row.key;
        forgetCurrentKey();
        rows.touch(row);
        enter(key, row.hash, row);
        return key;
    }

    @Override
    public K currentKey() {
        K key = current.key;
        if (key == null) {
            throw new IllegalStateException(
                    "The state of operator " + operator + " was used outside of an element or a timer.");
        }
        return key;
    }

    @Override
    public StateAccess states() {
        return plain;
    }

    @Override
    public <N> NamespacedStates<N> namespaced(Serde<N> namespaceSerde) {
        return new ByNamespace<>(namespaceSerde, false);
    }

    @Override
    public <N> NamespacedStates<N> namespacedInParts(Serde<N> namespaceSerde) {
        if (!namespaceSerde.isCanonical()) {
            throw new IllegalArgumentException("namespaces of format " + namespaceSerde.schema()
                    + " can't be part of a key, because equal ones may have different bytes");
        }
        return new ByNamespace<>(namespaceSerde, true);
    }

    @Override
    public <N> TimerQueue<K, N> timers(String name, Serde<N> namespaceSerde, TimeDomain domain) {
        RowTimerQueue<K, N> queue = new RowTimerQueue<>(this, namespaceSerde, domain, codec.sectionCount());
        StateSchema.Kind kind = switch (domain) {
            case EVENT_TIME -> StateSchema.Kind.TIMERS;
            case PROCESSING_TIME -> StateSchema.Kind.PROCESSING_TIMERS;
        };
        codec.addTimers(claim(kind, name, RowTimerQueue.schema(namespaceSerde), null), queue);
        return queue;
    }

    @Override
    public void layout(String words) {
        codec.setLayout(claim(StateSchema.Kind.LAYOUT, StateSchema.LAYOUT, words, null));
    }

    @Override
    public List<String> opened() {
        List<String> dropped = restored == null ? List.of() : notAskedFor(restored);
        rows = disk == null ? inHeap() : onDisk(disk);
        origin = KeyedOrigin.NOTHING;
        restored = null;
        opened = true;
        return dropped;
    }

    private HeapRows<K> inHeap() {
        if (origin instanceof RetainedState retained) {
            return inHeap(retained.take());
        }
        HeapRows<K> fresh = new HeapRows<>(operator, range, codec, leastChainedBytes);
        if (origin instanceof KeyedReplica replica && !replica.isEmpty()) {
            start(fresh, replica, true);
        }
        return fresh;
    }

    @SuppressWarnings("unchecked")
    private HeapRows<K> inHeap(Rows<?> left) {
        HeapRows<K> retained = (HeapRows<K>) left;
        if (codec.hasSectionsOf(retained.codec())) {
            retained.adopt(codec);
            return retained;
        }
        HeapRows<K> fresh = new HeapRows<>(operator, range, codec, leastChainedBytes);
        start(fresh, retained.toReplica(), false);
        return fresh;
    }

    @SuppressWarnings("unchecked")
    private RocksRows<K> onDisk(Disk where) {
        if (origin instanceof RetainedState retained) {
            RocksRows<K> left = (RocksRows<K>) retained.take();
            left.adopt(codec);
            return left;
        }
        try {
            if (origin instanceof RocksReplica replica && !replica.isEmpty()) {
                codec.numberAs(replica.schema().with(codec.declared(), operator));
                RocksRows<K> all = onDisk(where, replica.take());
                startFrom(replica, all);
                return all;
            }
            return onDisk(where, RocksStore.create(where.environment()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private RocksRows<K> onDisk(Disk where, RocksStore store) throws IOException {
        try {
            return new RocksRows<>(operator, range, codec, where, store);
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static void startFrom(RocksReplica replica, RocksRows<?> all) throws IOException {
        try {
            all.startFrom(replica);
        } catch (IOException | RuntimeException e) {
            all.close();
            throw e;
        }
    }

    /** What is used next is looked up, and noted. */
    @Override
    public void forgetCurrentKey() {
        Row row = current.row;
        if (guard != null && current.key != null && row != null) {
            guard.leave(row);
        }
        current.key = null;
        current.row = null;
    }

    /**
     * From now on, values that are changed while their key is not the current one are found; in the heap alone, and not
     * those in parts of large maps and lists.
     */
    public void checkImmutability() {
        guard = disk == null ? new RowGuard(operator, codec) : null;
    }

    /** Before any state is obtained. */
    void setPartSizes(PartSizes sizes) {
        partSizes = sizes;
        partSizesOfNamespaces = sizes;
    }

    private void enter(K key, int hash, @Nullable Row row) {
        if (++currentUses >= Current.MOST_USES) {
            currentUses = 0;
            current = new Current<>();
        }
        current.row = row;
        if (guard != null && row != null) {
            guard.enter(row);
        }
        current.hash = hash;
        current.key = key;
    }

    /** Rows stay as they are, unless they have something of states that there are no more. */
    private void start(HeapRows<K> fresh, KeyedReplica replica, boolean isChained) {
        StateSchema written = replica.schema();
        StateSchema known = written.onlyNamesOf(codec.declared());
        if (!known.equals(written)) {
            replica.arrange(known);
        }
        codec.numberAs(known.with(codec.declared(), operator));
        fresh.startFrom(replica, isChained && known.equals(written));
    }

    @Override
    public KeyedCut snapshot(long checkpoint) {
        beginCut();
        return rows.snapshot(checkpoint, false);
    }

    @Override
    public KeyedCut snapshotWhole(long savepoint) {
        beginCut();
        return rows.snapshot(savepoint, true);
    }

    private void beginCut() {
        if (!opened) {
            throw new IllegalStateException("operator " + operator + " is not opened, and its state not restored");
        }
        forgetCurrentKey(); // The next use of a row is the first in a new generation, even if it is the same key's.
        if (guard != null) {
            guard.checkAll();
        }
    }

    @Override
    public void confirm(long checkpoint) {
        rows.confirm(checkpoint);
    }

    @Override
    public void abort(long checkpoint, boolean isStored) {
        rows.abort(checkpoint, isStored);
    }

    @Override
    public @Nullable RetainedState retain() {
        if (opened && rows.isConsistent()) {
            return new RetainedState(rows, range);
        }
        rows.close();
        origin.close();
        return null;
    }

    @Override
    public int keyCount() {
        return rows.count();
    }

    Rows<K> rows() {
        return rows;
    }

    @Nullable
    Row currentRowOrNull() {
        Row row = current.row;
        if (row == null) {
            currentKey(); // for its check
        }
        return row;
    }

    Row currentRowOrNew() {
        Row row = current.row;
        if (row == null) {
            row = rows.add(currentKey(), current.hash, groupOfCurrentKey());
            current.row = row;
        }
        return row;
    }

    /** Something was taken away from a row. */
    void rowLost(Row row) {
        if (rows.dropIfEmpty(row)) {
            if (guard != null) {
                guard.forget(row);
            }
            if (row == current.row) {
                current.row = null;
            }
        }
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

    /** Answers the state's cell. */
    private <V> int declare(String name, Serde<V> serde) {
        int cell = codec.sectionCount();
        codec.addState(claim(StateSchema.Kind.STATE, name, serde.schema(), serde), serde);
        return cell;
    }

    private StateSchema.Section claim(StateSchema.Kind kind, String name, String schema, @Nullable Serde<?> serde) {
        if (opened) {
            throw new IllegalStateException("The state \"" + name + "\" of operator " + operator
                    + " was asked for after the operator was opened. Obtain it in openState.");
        }
        if (names.contains(name)) {
            throw new IllegalStateException("The operator " + operator + " has two states of the name \"" + name
                    + "\", of which one may be the operator's own. Give yours another name.");
        }
        StateSchema.Section section = new StateSchema.Section(kind, name, schema);
        if (restored != null) {
            restored.checkSection(operator, section, serde);
        }
        names.add(name);
        return section;
    }

    /** Of these states and of what a checkpoint has, whose layout fits; nothing of it is taken over. */
    List<StateFate> fatesOf(StateSchema written) {
        try {
            written.checkKeys(operator, codec.declared().keySchema(), codec.maxParallelism());
        } catch (StateMismatchException e) {
            return List.of(new StateFate("", StateFate.Kind.REFUSED, String.valueOf(e.getMessage())));
        }
        List<StateFate> fates = new ArrayList<>();
        for (StateSchema.Section section : codec.declared().states()) {
            fates.add(written.fateOf(operator, section, codec.serdeOf(section)));
        }
        notAskedFor(written).forEach(name -> fates.add(new StateFate(name, StateFate.Kind.DROPPED, "")));
        return fates;
    }

    private List<String> notAskedFor(StateSchema written) {
        return written.states().stream()
                .map(StateSchema.Section::name)
                .filter(name -> !names.contains(name))
                .distinct()
                .toList();
    }

    private @Nullable Object cell(int cell) {
        Row row = currentRowOrNull();
        return row == null ? null : row.get(cell);
    }

    private void setCell(int cell, Object value) {
        currentRowOrNew().set(cell, value);
    }

    private void clearCell(int cell) {
        Row row = currentRowOrNull();
        if (row != null) {
            row.clear(cell);
            rowLost(row);
        }
    }

    /** Owned by the backend's owner. States without a namespace. */
    private final class PlainStates extends CellStates {
        @Override
        <V> Cell<V> cell(String name, Serde<V> serde, Merger<V> merger) {
            return new PlainCell<>(name, declare(name, serde));
        }

        @Override
        PartSizes partSizes() {
            return partSizes;
        }

        @Override
        @Nullable
        TimeLimit limitOf(StateDescriptor descriptor) {
            TimeToLive timeToLive = descriptor.timeToLive();
            return timeToLive == null
                    ? null
                    : new TimeLimit(
                            timeToLive.duration().toMillis(),
                            timeToLive.use() == TimeToLive.Use.READ_AND_WRITE,
                            clock,
                            startMillis);
        }
    }

    private final class PlainCell<V> implements Cell<V> {
        private final String name;
        private final int cell;

        PlainCell(String name, int cell) {
            this.name = name;
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

        @Override
        public boolean isDivisible() {
            return true;
        }

        @Override
        @SuppressWarnings("unchecked")
        public @Nullable V part(int number) {
            Row part = findPart(keyOfPart(name, number));
            return part == null ? null : (V) part.get(cell);
        }

        @Override
        public void setPart(int number, V value) {
            setCellOfPart(name, number, cell, value);
        }

        @Override
        public void clearPart(int number) {
            clearCellOfPart(name, number, cell);
        }
    }

    private void setCellOfPart(String state, int number, int cell, Object value) {
        PartKey key = keyOfPart(state, number);
        Row found = findPart(key);
        Row part = found == null ? rows.add(key, KeyTable.hash(key), ownerOfParts().group) : found;
        part.set(cell, value);
    }

    private void clearCellOfPart(String state, int number, int cell) {
        Row part = findPart(keyOfPart(state, number));
        if (part != null) {
            part.clear(cell);
            rows.dropIfEmpty(part);
        }
    }

    private @Nullable Row findPart(PartKey key) {
        return rows.findPart(ownerOfParts(), key, KeyTable.hash(key));
    }

    private PartKey keyOfPart(String state, int number) {
        return new PartKey(ownerOfParts().key, state, number);
    }

    private Row ownerOfParts() {
        return Objects.requireNonNull(current.row, "the current key has nothing");
    }

    /** Owned by the backend's owner. States of the namespace that was set last. */
    private final class ByNamespace<N> extends CellStates implements NamespacedStates<N> {
        private final Serde<N> namespaceSerde;
        private final boolean isDivided;
        private final List<NamespacedCell<N, ?>> cells = new ArrayList<>();
        private @Nullable N namespace;

        /** @param isDivided it has lists, which may be in parts */
        ByNamespace(Serde<N> namespaceSerde, boolean isDivided) {
            this.namespaceSerde = namespaceSerde;
            this.isDivided = isDivided;
        }

        @Override
        public void setNamespace(N newNamespace) {
            if (namespace != newNamespace) {
                namespace = newNamespace;
            }
        }

        @Override
        public void merge(N from, N into) throws Exception {
            if (isDivided) {
                throw new IllegalStateException("lists of operator " + operator + " that are in parts can't be joined");
            }
            for (int i = 0; i < cells.size(); i++) {
                cells.get(i).merge(from, into);
            }
        }

        @Override
        public void clear() {
            for (int i = 0; i < cells.size(); i++) {
                cells.get(i).clear();
            }
        }

        @Override
        <V> Cell<V> cell(String name, Serde<V> serde, Merger<V> merger) {
            if (isDivided && !(serde instanceof ListSerde<?>)) {
                throw new IllegalArgumentException("the state \"" + name + "\" of operator " + operator
                        + " is no list, and can't be in parts by namespace");
            }
            int cell = declare(name, new NamespacesSerde<>(namespaceSerde, serde, isDivided));
            NamespacedCell<N, V> added =
                    isDivided ? new DividedCell<>(this, cell, merger, name) : new NamespacedCell<>(this, cell, merger);
            cells.add(added);
            return added;
        }

        @Override
        PartSizes partSizes() {
            return partSizesOfNamespaces;
        }

        @Override
        @Nullable
        TimeLimit limitOf(StateDescriptor descriptor) {
            if (descriptor.timeToLive() != null) {
                throw new IllegalArgumentException("the state \"" + descriptor.name() + "\" of operator " + operator
                        + " has namespaces, and can have no time-to-live");
            }
            return null;
        }

        N current() {
            if (namespace == null) {
                throw new IllegalStateException("no namespace is set in operator " + operator);
            }
            return namespace;
        }
    }

    private class NamespacedCell<N, V> implements Cell<V> {
        final ByNamespace<N> namespaces;
        final int cell;
        private final CellStates.Merger<V> merger;

        NamespacedCell(ByNamespace<N> namespaces, int cell, CellStates.Merger<V> merger) {
            this.namespaces = namespaces;
            this.cell = cell;
            this.merger = merger;
        }

        @SuppressWarnings("unchecked")
        void merge(N from, N into) throws Exception {
            Row row = currentRowOrNull();
            if (row instanceof WordRow words && words.isInPlace(cell)) {
                V moved = (V) words.valueAt(from);
                if (moved != null) {
                    V there = (V) words.valueAt(into);
                    V joined = there == null ? moved : merger.merge(there, moved);
                    words.clearPair(from);
                    words.trySetPair(cell, into, joined); // There is room.
                }
                return;
            }
            Namespaces<N, V> all = all();
            V moved = all == null ? null : all.get(from);
            if (all == null || moved == null) {
                return;
            }
            V there = all.get(into);
            V joined = there == null ? moved : merger.merge(there, moved);
            all.remove(from);
            all.put(into, joined);
            setCell(cell, all); // It may have been a copy.
        }

        @Override
        @SuppressWarnings("unchecked")
        public @Nullable V get() {
            N namespace = namespaces.current();
            Row row = currentRowOrNull();
            if (row instanceof WordRow words && words.isInPlace(cell)) {
                return (V) words.valueAt(namespace);
            }
            Namespaces<N, V> all = all();
            return all == null ? null : all.get(namespace);
        }

        @Override
        public void set(V value) {
            N namespace = namespaces.current();
            Row row = currentRowOrNew();
            if (row instanceof WordRow words && words.trySetPair(cell, namespace, value)) {
                return;
            }
            Namespaces<N, V> before = all();
            Namespaces<N, V> all = before == null ? new Namespaces<>() : before;
            all.put(namespace, value);
            row.set(cell, all);
        }

        @Override
        public void clear() {
            N namespace = namespaces.current();
            Row row = currentRowOrNull();
            if (row instanceof WordRow words && words.isInPlace(cell)) {
                words.clearPair(namespace);
                rowLost(row);
                return;
            }
            Namespaces<N, V> all = all();
            if (all != null) {
                all.remove(namespace);
                if (all.count() == 0) {
                    clearCell(cell);
                } else {
                    setCell(cell, all);
                }
            }
        }

        @SuppressWarnings("unchecked")
        private @Nullable Namespaces<N, V> all() {
            return (Namespaces<N, V>) cell(cell);
        }
    }

    /** Of a list. Each part is a row that has the list's elements by that namespace, under a key that names it too. */
    private final class DividedCell<N, V> extends NamespacedCell<N, V> {
        private final String name;
        private final BinaryWriter namespaceBytes = new BinaryWriter(16);
        private @Nullable N named;
        private String nameOfParts = ""; // Of that namespace.

        DividedCell(ByNamespace<N> namespaces, int cell, CellStates.Merger<V> merger, String name) {
            super(namespaces, cell, merger);
            this.name = name;
        }

        @Override
        public boolean isDivisible() {
            return true;
        }

        @Override
        public @Nullable V part(int number) {
            return valueOf(findPart(keyOfPart(nameOfParts(), number)));
        }

        /** Each element is joined with many others: to note what it reads would cost more than what it adds. */
        @Override
        public @Nullable V partToRead(int number) {
            PartKey key = keyOfPart(nameOfParts(), number);
            return valueOf(rows.peekPart(ownerOfParts(), key, KeyTable.hash(key)));
        }

        @SuppressWarnings("unchecked")
        private @Nullable V valueOf(@Nullable Row row) {
            Namespaces<N, V> part = row == null ? null : (Namespaces<N, V>) row.get(cell);
            return part == null ? null : part.get(namespaces.current());
        }

        @Override
        public void setPart(int number, V value) {
            Namespaces<N, V> part = new Namespaces<>();
            part.put(namespaces.current(), value);
            setCellOfPart(nameOfParts(), number, cell, part);
        }

        @Override
        public void clearPart(int number) {
            clearCellOfPart(nameOfParts(), number, cell);
        }

        @Override
        public void clear() {
            if (get() instanceof PartedList<?> parted) {
                for (int i = 0; i < parted.parts; i++) {
                    clearPart(i);
                }
            }
            super.clear();
        }

        private String nameOfParts() {
            N namespace = namespaces.current();
            if (!namespace.equals(named)) {
                namespaceBytes.clear();
                namespaces.namespaceSerde.write(namespace, namespaceBytes);
                nameOfParts = name + "@" + HexFormat.of().formatHex(namespaceBytes.array(), 0, namespaceBytes.length());
                named = namespace;
            }
            return nameOfParts;
        }
    }
}
