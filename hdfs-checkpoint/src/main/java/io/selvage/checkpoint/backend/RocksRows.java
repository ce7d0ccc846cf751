package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the subtask's thread, and after its end by who rewinds it. Rows in a store on the disk, of which those in
 * use are objects: the memory table of a log-structured merge tree (O'Neil et al. 1996), but for rows that have been
 * decoded, so that a row that is used often is not encoded and decoded each time.
 *
 * <p>An epoch is the time between two flushes. A row that is used is noted as used in its epoch; a flush writes those
 * that have other bytes than the store into sorted files, which the store takes in once all are written. Each cut is a
 * flush; a flush without a cut makes room when too many rows are in use. What a checkpoint adds to the one before is
 * the files of the flushes in between, and some key groups whole, as a {@link SegmentChain} wants them. The way back to
 * a cut is a set of links to the files that the store had then.
 */
final class RocksRows<K> implements Rows<K>, CutHistory.Keeper<RocksRows.Kept> {
    private static final Logger LOG = LoggerFactory.getLogger(RocksRows.class);
    /** A flush that makes room has at least so many rows. */
    static final int LEAST_SPILLED = 1024;

    private static final int OBJECT_BYTES = 200; // What a row takes in the heap, beside twice its bytes.
    private static final int LEAST_ROW_BYTES = 64;
    private static final int MEAN_OF = 64; // Rows.
    private static final int MEASURED_OF = 31; // Rows that are used, one in so many; odd, as uses come in pairs.
    private static final int MEASURED_SHARE = 4; // Of the room, one part in so many is the most that one stands for.
    private static final int MOST_KEPT_TO_MEASURE = 1 << 20; // Bytes.
    private static final int SWEPT_AT_ONCE = 32;
    private static final int SPILLED_AT_ONCE = 1024;
    private static final int MOST_DUE_AT_ONCE = 1024;
    private static final int VISITED_AT_ONCE = 512;
    private static final int LEAST_IN_USE = 16; // Parts of what one key has, if so many were looked for.
    private static final int IN_USE_SHARE = 8; // Of the room, one part in so many is for more of them.

    private final String operator;
    private final KeyGroupRange range;
    private final RocksEnvironment environment;
    private final int leastSpilled;
    private final SegmentChain.Bounds bounds;
    private final Path directory;
    private boolean hasParts; // The store may have some, or have had.
    private final KeyTable table;
    private final BinaryWriter keyBytes = new BinaryWriter(64);
    private BinaryWriter measured = new BinaryWriter();
    private final FirstTimers ofMeasured = new FirstTimers(); // Nobody asks for them.
    private RowCodec<K> codec;
    private RocksStore store;
    private byte[] value = new byte[1024];

    private int epoch = 1;
    private StoredRow[] used = new StoredRow[256]; // In this epoch.
    private int usedCount;
    private long usedBytes; // What these count for in the heap.
    private int meanLength; // Of rows in the store, of late: a guess for new ones.
    private long[] groupBytes;
    private @Nullable RocksFlush<K> flush; // Under way.
    private @Nullable CompletableFuture<RocksFlush.Ended> ending; // Of the flush, once all is written; not null: wait.
    private @Nullable RocksCut cut; // That the flush is for; null: it makes room.
    private long flushes;
    private final Deque<Flushed> flushed = new ArrayDeque<>(); // Those that a cut may need.

    private long residentBytes; // As far as it is known.
    private int untilMeasured = MEASURED_OF; // Rows.
    private long grownBytes; // Beyond these, of rows that were used in this epoch: an estimate.
    private long grownBytesInFlush; // The same of the flush that is under way.
    private long room; // For resident rows, when that was last looked at.
    private @Nullable Row ownerInUse; // Of these, until the next key is looked for.
    private final Set<StoredRow> partsInUse = new LinkedHashSet<>(); // In the order of use.
    private long inUseBytes;
    private int sweptGroup;
    private int sweptPlace;
    private int sweptInVain;

    private int visitsPerUse; // 0: nothing expires.
    private int visitsDue;
    private byte @Nullable [] visitedFrom; // Where the next visit begins in the store; null: at its beginning.

    private final List<Due> due; // By clock.

    private final CutHistory<Kept> points;
    private boolean isChanging;
    private boolean isBroken;
    private boolean isClosed;

    /** The files of one flush. */
    private record Flushed(long number, List<Path> files, long bytes) {}

    /**
     * Of a cut, or of what was restored.
     *
     * @param epoch rows of later epochs have been used since
     * @param flushEnd the number of the last flush that is part of it
     * @param links to the files that the store had; null: the cut is not written yet
     * @param cut null: it was restored
     */
    record Kept(
            int epoch,
            long flushEnd,
            @Nullable Path links,
            long[] groupBytes,
            @Nullable RocksCut cut) {
        void drop() {
            dropLinks();
            dropCut();
        }

        void dropLinks() {
            if (links != null) {
                RocksStore.delete(links);
            }
        }

        /** Nobody writes it any more. */
        void dropCut() {
            if (cut != null) {
                cut.giveUp();
            }
        }
    }

    /** Without any row. */
    RocksRows(String operator, KeyGroupRange range, RowCodec<K> codec, RowKeyedStateBackend.Disk disk, RocksStore store)
            throws IOException {
        this.operator = operator;
        this.range = range;
        this.codec = codec;
        this.environment = disk.environment();
        this.store = store;
        this.leastSpilled = disk.leastSpilled();
        this.bounds = disk.bounds();
        this.table = new KeyTable(range);
        this.groupBytes = new long[range.count()];
        this.points = new CutHistory<>(operator, this);
        this.directory = LocalDiskException.made(environment.newDirectory("rows"));
        this.due = Stream.of(TimeDomain.values()).map(Due::new).toList();
        environment.backendOpened();
        room = environment.rowBytesOfBackend();
        beginExpiry();
    }

    private void beginExpiry() {
        visitsPerUse = codec.hasExpiring() ? HeapRows.VISITED_PER_USE : 0;
    }

    /** Before the first use: the store is what the replica has brought it to. */
    void startFrom(RocksReplica replica) throws IOException {
        groupBytes = replica.groupBytes();
        hasParts = replica.mayHaveParts();
        Kept kept = new Kept(epoch++, flushes, newPoint(), groupBytes.clone(), null);
        points.startFrom(replica.checkpoint(), replica.chain(), kept);
        findFirstDue();
    }

    /** The same rows for a new backend. */
    void adopt(RowCodec<K> newCodec) {
        releaseParts();
        if (newCodec.hasSectionsOf(codec)) {
            newCodec.numberAs(codec.schema());
            newCodec.adoptTimers(codec);
        } else {
            newCodec.numberAs(codec.schema().with(newCodec.declared(), operator));
            evictFrom(0);
        }
        codec = newCodec;
        beginExpiry();
        if (table.size() == 0) {
            findFirstDue();
        }
    }

    @Override
    public RowCodec<K> codec() {
        return codec;
    }

    // ---- use -----------------------------------------------------------------------------------------------------

    @Override
    public @Nullable Row find(Object key, int hash) {
        if (ownerInUse != null) {
            releaseParts();
        }
        if (visitsDue >= VISITED_AT_ONCE) {
            visit(VISITED_AT_ONCE);
        }
        if (resident() > room) {
            makeRoom(); // Rows grow, too.
        }
        Row row = table.find(key, hash);
        if (row == null) {
            makeRoom();
            row = load(key, hash);
            if (row == null) {
                return null;
            }
        }
        if (row.generation != epoch) {
            touch(row);
        }
        return row;
    }

    /** Nothing is visited, and the owner and its parts in use stay objects. */
    @Override
    public @Nullable Row findPart(Row owner, PartKey key, int hash) {
        Row row = peekPart(owner, key, hash);
        if (row != null) {
            touch(row);
            keepInUse((StoredRow) row);
        }
        return row;
    }

    @Override
    public @Nullable Row peekPart(Row owner, PartKey key, int hash) {
        if (owner != ownerInUse) {
            releaseParts();
            ownerInUse = owner;
        }
        Row row = table.find(key, hash);
        if (row == null) {
            int before = epoch;
            makeRoom();
            if (epoch != before) { // Values of theirs may be changed in place.
                touch(owner);
                partsInUse.forEach(this::touch);
            }
            row = loadPart(key, hash, owner.group); // May throw.
        }
        touch(owner);
        return row;
    }

    /** Of many, those that were used last. */
    private void keepInUse(StoredRow part) {
        if (part.inUseBytes > 0) {
            partsInUse.remove(part); // To be behind the others again.
        } else {
            part.inUseBytes = part.heapBytes;
            inUseBytes += part.inUseBytes;
        }
        partsInUse.add(part);
        while (partsInUse.size() > LEAST_IN_USE && inUseBytes > environment.rowBytesOfBackend() / IN_USE_SHARE) {
            StoredRow oldest = partsInUse.iterator().next();
            partsInUse.remove(oldest);
            inUseBytes -= oldest.inUseBytes;
            oldest.inUseBytes = 0;
        }
    }

    private void releaseParts() {
        partsInUse.forEach(part -> part.inUseBytes = 0);
        partsInUse.clear();
        inUseBytes = 0;
        ownerInUse = null;
    }

    @Override
    public void prefetch(int[] hashes, int count) {
        table.prefetch(hashes, count);
    }

    @Override
    public void touch(Row row) {
        if (row.generation == epoch) {
            return;
        }
        StoredRow stored = (StoredRow) row;
        if (stored.flushAt != StoredRow.NO_FLUSH) {
            Objects.requireNonNull(flush).keep(stored);
        }
        use(stored);
    }

    private void use(StoredRow row) {
        if (usedCount > 0 && --untilMeasured <= 0) {
            untilMeasured = MEASURED_OF;
            measure(used[usedCount - 1]); // What it was used for is done, for all but the parts of a row.
        }
        if (usedCount == used.length) {
            used = Arrays.copyOf(used, 2 * usedCount);
        }
        used[usedCount++] = row;
        usedBytes += row.heapBytes;
        row.generation = epoch;
        visitsDue += visitsPerUse;
    }

    /**
     * How long a row is becomes known when it is written, and until then many may come that are longer than it is
     * guessed of new ones, or have grown since. So one of many is written only to see that, and stands for the others.
     * It never lowers what they count for: a row that has just come may be about to be filled.
     */
    private void measure(StoredRow row) {
        if (row.place == Row.NOWHERE) {
            return;
        }
        measured.clear();
        try {
            codec.writeRow(row, measured, ofMeasured);
        } catch (RuntimeException e) {
            return; // The flush says so, of a row that is still like this then.
        }
        long grown = MEASURED_OF * (long) (heapBytes(measured.length()) - row.heapBytes);
        grownBytes += Math.max(0, Math.min(grown, room / MEASURED_SHARE));
        if (measured.array().length > MOST_KEPT_TO_MEASURE) {
            measured = new BinaryWriter();
        }
    }

    private long resident() {
        return residentBytes + grownBytes + grownBytesInFlush;
    }

    @Override
    public Row add(Object key, int hash, int group) {
        StoredRow row = new StoredRow(key, hash, group, codec.sectionCount());
        hasParts |= row.isPart();
        beginChange();
        insert(row);
        endChange();
        use(row);
        if (row.isPart()) {
            keepInUse(row);
        }
        return row;
    }

    private void insert(StoredRow row) {
        row.loaded = epoch;
        row.heapBytes = heapBytes(row.storedLength < 0 ? meanLength : row.storedLength);
        residentBytes += row.heapBytes;
        table.add(row);
    }

    private static int heapBytes(int storedLength) {
        return OBJECT_BYTES + 2 * Math.max(LEAST_ROW_BYTES, storedLength);
    }

    private void remove(StoredRow row) {
        residentBytes -= row.heapBytes;
        table.remove(row);
    }

    @Override
    public boolean dropIfEmpty(Row row) {
        StoredRow stored = (StoredRow) row;
        if (!row.isEmpty() || stored.storedLength >= 0 || stored.isInFlush) {
            return false;
        }
        if (row.place != Row.NOWHERE) {
            beginChange();
            remove(stored);
            endChange();
        }
        return true;
    }

    private @Nullable Row load(Object key, int hash) {
        keyBytes.clear();
        keyBytes.writeShort((short) 0);
        keyBytes.writeByte(RocksKeys.ROW);
        codec.writeKey(key, keyBytes);
        byte[] bytes = keyBytes.array();
        int group = KeyGroups.groupOf(
                bytes, RocksKeys.ROW_PREFIX, keyBytes.length() - RocksKeys.ROW_PREFIX, codec.maxParallelism());
        if (!range.contains(group)) {
            return null;
        }
        bytes[0] = (byte) (group >>> 8);
        bytes[1] = (byte) group;
        return get(key, hash, group);
    }

    private @Nullable Row loadPart(PartKey key, int hash, int group) {
        keyBytes.clear();
        keyBytes.writeShort((short) group);
        keyBytes.writeByte(RocksKeys.PART);
        codec.writeKey(key, keyBytes);
        return get(key, hash, group);
    }

    /** By the key's bytes at hand; null: the store has none. */
    private @Nullable Row get(Object key, int hash, int group) {
        byte[] bytes = keyBytes.array();
        int length = store.get(bytes, keyBytes.length(), value);
        if (length > value.length) {
            value = new byte[length + length / 2];
            length = store.get(bytes, keyBytes.length(), value);
        }
        return length < 0 ? null : decode(key, hash, group, length);
    }

    /** The value at hand. */
    private StoredRow decode(Object key, int hash, int group, int length) {
        StoredRow row = new StoredRow(key, hash, group, codec.sectionCount());
        codec.readRow(value, 0, RocksKeys.rowLength(value, length), row); // May throw, and nothing has changed then.
        row.storedLength = length;
        row.storedHash = RocksKeys.hash(value, length);
        row.storedDue.readBackwards(value, length);
        beginChange();
        insert(row);
        codec.insertTimers(row);
        endChange();
        return row;
    }

    @Override
    public int count() {
        int[] count = new int[1];
        for (int group = range.first(); group < range.end(); group++) {
            for (int i = 0; i < table.size(group); i++) {
                Row row = table.row(group, i);
                count[0] += row.isEmpty() || row.isPart() ? 0 : 1;
            }
        }
        RocksStore.View view = store.view();
        try {
            view.scan(RocksKeys.group(range.first()), RocksKeys.group(range.end()), (key, bytes) -> {
                if (RocksKeys.isRow(key) && findResident(key, RocksKeys.ROW_PREFIX) == null) {
                    count[0]++;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            view.release();
        }
        return count[0];
    }

    /** Rows that are objects. */
    int rowCount() {
        return table.size();
    }

    private @Nullable Row findResident(byte[] storedKey, int prefix) {
        K key = codec.readKey(storedKey, prefix, storedKey.length - prefix);
        return table.find(key, KeyTable.hash(key));
    }

    @Override
    public void beginChange() {
        isBroken |= isChanging;
        isChanging = true;
    }

    @Override
    public void endChange() {
        isChanging = false;
    }

    // ---- room ----------------------------------------------------------------------------------------------------

    /**
     * Before a row more is made an object: those that the store has as they are can go. So that there are some, rows
     * are written when half of them have been used, in files that are as large as they can be.
     */
    private void makeRoom() {
        long most = environment.rowBytesOfBackend();
        room = most;
        if (resident() <= most / 2) {
            return;
        }
        if (ending != null && ending.isDone()) {
            settle(ending);
        }
        boolean isDue = usedCount >= Math.max(leastSpilled, table.size() / 2) || usedBytes + grownBytes > most;
        if (flush == null && isDue) {
            beginFlush(null);
        }
        if (flush != null) {
            proceed(SPILLED_AT_ONCE);
        }
        if (resident() > most) {
            sweep(most, SWEPT_AT_ONCE, TimeDomain.EVENT_TIME, Long.MIN_VALUE);
        }
        if (resident() > 2 * most) {
            awaitFlush();
        }
    }

    @Override
    public void makeRoomForDue(TimeDomain domain, long millis) {
        long most = environment.rowBytesOfBackend();
        if (resident() <= most) {
            return;
        }
        awaitFlush();
        if (usedBytes + grownBytes > most / 2) {
            beginFlush(null);
            awaitFlush();
        }
        // Those that are due stay: they would be the next to be decoded, and if nothing of them fires, for ever.
        sweep(most, table.size() + range.count(), domain, millis);
    }

    /**
     * A clock (Corbato 1968): first goes what was not used in the last two epochs, if there is anything of the kind.
     */
    private void sweep(long most, int steps, TimeDomain domain, long dueMillis) {
        for (int i = 0; i < steps && resident() > most; i++) {
            int group = range.first() + sweptGroup;
            if (sweptPlace >= table.size(group)) {
                sweptPlace = 0;
                sweptGroup = (sweptGroup + 1) % range.count();
                continue;
            }
            StoredRow row = (StoredRow) table.row(group, sweptPlace);
            int sparedEpochs = sweptInVain > table.size() ? 0 : 1;
            boolean isInUse = row == ownerInUse || row.inUseBytes > 0;
            boolean mayGo = !isInUse && row.generation < epoch - sparedEpochs && isClean(row);
            if (mayGo && row.storedDue.of(domain) > dueMillis) {
                sweptInVain = 0;
                evict(row); // The group's last row is at its place now.
            } else {
                sweptInVain++;
                sweptPlace++;
            }
        }
    }

    private boolean isClean(StoredRow row) {
        return row.generation < epoch && !row.isInFlush;
    }

    /** It is bytes from now on, as the store has it. */
    private void evict(StoredRow row) {
        beginChange();
        for (Due each : due) {
            each.add(row);
        }
        codec.empty(row);
        remove(row);
        endChange();
    }

    /** Rows that were made objects, or used, in that epoch or a later one, are neither any more. */
    private void evictFrom(int ofEpoch) {
        for (int group = range.first(); group < range.end(); group++) {
            for (int place = 0; place < table.size(group); ) {
                StoredRow row = (StoredRow) table.row(group, place);
                if (Math.max(row.generation, row.loaded) >= ofEpoch) {
                    codec.empty(row);
                    remove(row);
                } else {
                    place++;
                }
            }
        }
    }

    // ---- what expires --------------------------------------------------------------------------------------------

    /**
     * Takes away what has expired of some rows that the store has, those in turn: as in {@link HeapRows}. They go from
     * the store with the flush that follows.
     */
    private void visit(int count) {
        try (RocksIterator each = store.iterator()) {
            each.seek(visitedFrom == null ? RocksKeys.group(range.first()) : visitedFrom);
            for (int i = 0; i < count && store.isValid(each); i++) {
                byte[] key = each.key();
                if (!RocksKeys.isRow(key) && !RocksKeys.isPart(key)) {
                    each.seek(RocksKeys.kind(RocksKeys.groupOf(key), RocksKeys.PART));
                    continue;
                }
                byte[] bytes = each.value();
                if (codec.hasExpired(bytes, 0, RocksKeys.rowLength(bytes, bytes.length))) {
                    expire(key);
                }
                each.next();
            }
            visitedFrom = store.isValid(each) ? each.key() : null;
        }
        visitsDue = Math.max(0, visitsDue - count); // What was used because it has expired counts as well.
    }

    /** If it is an object, that may have been used since. */
    private void expire(byte[] storedKey) {
        int length = storedKey.length - RocksKeys.ROW_PREFIX;
        Object key = RocksKeys.isPart(storedKey)
                ? codec.readPartKey(storedKey, RocksKeys.ROW_PREFIX, length)
                : codec.readKey(storedKey, RocksKeys.ROW_PREFIX, length);
        int hash = KeyTable.hash(key);
        Row row = table.find(key, hash);
        if (row == null) {
            makeRoom();
            row = key instanceof PartKey part ? loadPart(part, hash, RocksKeys.groupOf(storedKey)) : load(key, hash);
        }
        if (row != null && codec.hasExpired(row)) {
            touch(row);
            int entries = codec.expire(row);
            dropIfEmpty(row);
            if (entries > 0 && key instanceof PartKey part) {
                tellOwner(part, entries);
            }
        }
    }

    /** So many entries of a part have expired. */
    private void tellOwner(PartKey part, int entries) {
        int hash = KeyTable.hash(part.owner());
        Row owner = table.find(part.owner(), hash);
        if (owner == null) {
            makeRoom();
            owner = load(part.owner(), hash);
        }
        if (owner != null) {
            touch(owner);
            codec.onExpired(owner, part, entries);
        }
    }

    // ---- timers --------------------------------------------------------------------------------------------------

    @Override
    public long firstUndecodedTimerMillis(TimeDomain domain) {
        return due.get(domain.ordinal()).firstMillis;
    }

    @Override
    public void decodeDue(TimeDomain domain, long millis) {
        due.get(domain.ordinal()).decode(millis);
    }

    private void findFirstDue() {
        for (Due each : due) {
            each.findFirst();
        }
    }

    /** Owned by the rows: those that are not objects, by when the earliest of their timers of one clock is due. */
    private final class Due {
        private final TimeDomain domain;
        private final long[] first; // By group: nothing is due before; MAX_VALUE: nothing is due.
        private final byte[][] from; // By group: where that is in the store.
        private long firstMillis = Long.MAX_VALUE;

        Due(TimeDomain domain) {
            this.domain = domain;
            this.first = new long[range.count()];
            this.from = new byte[range.count()][];
            Arrays.fill(first, Long.MAX_VALUE);
        }

        void decode(long millis) {
            if (firstMillis > millis || firstMillis == Long.MAX_VALUE) {
                return;
            }
            try (RocksIterator each = store.iterator()) {
                int left = MOST_DUE_AT_ONCE;
                while (left > 0 && firstMillis <= millis && firstMillis != Long.MAX_VALUE) {
                    left = decode(groupDueFirst(), millis, each, left);
                }
            }
        }

        /** Of one group, as far as no other is due before; answers how many may follow. */
        private int decode(int index, long millis, RocksIterator each, int most) {
            first[index] = Long.MAX_VALUE;
            long until = Math.min(millis, earliest());
            int left = most;
            int group = range.first() + index;
            each.seek(from[index] == null ? RocksKeys.due(group, domain) : from[index]);
            for (; store.isValid(each); each.next()) {
                byte[] key = each.key();
                if (!RocksKeys.isDue(key, group, domain)) {
                    break;
                }
                long at = RocksKeys.millisOf(key);
                if (left == 0 || at > until) {
                    first[index] = at;
                    from[index] = key;
                    break;
                }
                if (findResident(key, RocksKeys.DUE_PREFIX) == null) {
                    K decoded = codec.readKey(key, RocksKeys.DUE_PREFIX, key.length - RocksKeys.DUE_PREFIX);
                    load(decoded, KeyTable.hash(decoded));
                    left--;
                }
            }
            if (first[index] == Long.MAX_VALUE) {
                from[index] = RocksKeys.endOfDue(group, domain);
            }
            firstMillis = earliest();
            return left;
        }

        private int groupDueFirst() {
            int earliest = 0;
            for (int i = 1; i < first.length; i++) {
                earliest = first[i] < first[earliest] ? i : earliest;
            }
            return earliest;
        }

        private long earliest() {
            long earliest = Long.MAX_VALUE;
            for (long each : first) {
                earliest = Math.min(earliest, each);
            }
            return earliest;
        }

        /** A row is bytes again. */
        void add(StoredRow row) {
            long millis = row.storedDue.of(domain);
            int index = row.group - range.first();
            if (millis == Long.MAX_VALUE || millis > first[index]) {
                return;
            }
            keyBytes.clear();
            codec.writeKey(row.key, keyBytes);
            byte[] key = RocksKeys.due(row.group, domain, millis, keyBytes.array(), 0, keyBytes.length());
            if (from[index] == null || Arrays.compareUnsigned(key, from[index]) < 0) {
                from[index] = key;
                first[index] = millis;
                firstMillis = Math.min(firstMillis, millis);
            }
        }

        /** In the store; rows that are objects are not told apart from the others. */
        void findFirst() {
            try (RocksIterator each = store.iterator()) {
                for (int i = 0; i < first.length; i++) {
                    int group = range.first() + i;
                    each.seek(RocksKeys.due(group, domain));
                    boolean isThere = store.isValid(each) && RocksKeys.isDue(each.key(), group, domain);
                    first[i] = isThere ? RocksKeys.millisOf(each.key()) : Long.MAX_VALUE;
                    from[i] = isThere ? each.key() : RocksKeys.endOfDue(group, domain);
                }
            }
            firstMillis = earliest();
        }
    }

    // ---- flushes -------------------------------------------------------------------------------------------------

    private void beginFlush(@Nullable RocksCut forCut) {
        if (flush != null) {
            throw new IllegalStateException("a flush of operator " + operator + " begins during another");
        }
        flushes++;
        SortedFiles files = new SortedFiles(environment, directory, "flush-" + flushes);
        flush = new RocksFlush<>(codec, files, range, groupBytes, used, usedCount);
        cut = forCut;
        Arrays.fill(used, 0, usedCount, null);
        usedCount = 0;
        usedBytes = 0;
        grownBytesInFlush = grownBytes;
        grownBytes = 0;
        room = environment.rowBytesOfBackend();
        epoch++;
        sweptInVain = 0;
    }

    /** Answers whether nothing is left to be written of the flush; the store may not have taken it in yet. */
    private boolean proceed(int bytes) {
        RocksFlush<K> current = flush;
        if (current == null || ending != null) {
            return true;
        }
        try {
            if (!current.proceed(bytes)) {
                return false;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        end(current);
        return true;
    }

    /** Files are ended and taken in by another thread: until then all that is in them is in the heap as well. */
    private void end(RocksFlush<K> written) {
        RocksStore into = store;
        RocksCut forCut = cut;
        Path links = forCut == null ? null : environment.newDirectory("point");
        boolean isWhole = forCut != null && forCut.isWhole();
        CompletableFuture<RocksFlush.Ended> ended =
                FileWork.ask(environment.ending(), () -> written.end(into, links, isWhole));
        ending = ended;
        CutHistory.Point<Kept> point = forCut == null ? null : points.find(forCut.checkpoint());
        if (forCut == null || point == null) {
            return;
        }
        CutHistory.Point<Kept> base = point.base() == 0 ? null : points.find(point.base());
        List<Path> earlier = base == null
                ? List.of()
                : flushedSince(base).flatMap(each -> each.files().stream()).toList();
        long changed = written.bytes() + (base == null ? 0 : flushedBytes(base));
        long[] bytesNow = groupBytes.clone();
        SegmentChain on = base == null ? null : base.chain();
        SegmentChain chain = forCut.end(on, changed, earlier, ended, bytesNow, codec.schema(), hasParts);
        points.onWritten(forCut.checkpoint(), chain, new Kept(point.kept().epoch(), flushes, links, bytesNow, forCut));
    }

    private Stream<Flushed> flushedSince(CutHistory.Point<Kept> base) {
        return flushed.stream().filter(each -> each.number() > base.kept().flushEnd());
    }

    private long flushedBytes(CutHistory.Point<Kept> since) {
        return flushedSince(since).mapToLong(Flushed::bytes).sum();
    }

    private boolean isWorth(CutHistory.Point<Kept> base) {
        return !base.chainOrThrow().isWorthLessThan(flushedBytes(base), bounds);
    }

    /** The flush that is under way, if one is, comes to its end. */
    private void awaitFlush() {
        while (!proceed(Integer.MAX_VALUE)) {
            // There is more than that.
        }
        if (ending != null) {
            settle(ending);
        }
    }

    private static RocksFlush.Ended joined(CompletableFuture<RocksFlush.Ended> ended) {
        try {
            return FileWork.joined(ended);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its rows are as the store has them, unless they have been used since. */
    private void settle(CompletableFuture<RocksFlush.Ended> ended) {
        RocksFlush<K> done = Objects.requireNonNull(flush);
        RocksFlush.Ended result = joined(ended);
        flush = null;
        ending = null;
        cut = null;
        done.close();
        flushed.add(new Flushed(flushes, result.files(), done.bytes()));
        grownBytesInFlush = 0;
        beginChange();
        for (StoredRow row : done.rows()) {
            if (row.place == Row.NOWHERE) {
                continue;
            }
            boolean isUsedSince = row.generation == epoch;
            int grown = heapBytes(row.storedLength) - row.heapBytes;
            row.heapBytes += grown;
            residentBytes += grown;
            if (isUsedSince) {
                usedBytes += grown;
                grownBytes -= Math.max(0, grown); // What of it was measured since is known now.
            }
            if (row.inUseBytes > 0) {
                row.inUseBytes += grown;
                inUseBytes += grown;
            }
            meanLength += (row.storedLength - meanLength) / MEAN_OF;
            if (!isUsedSince && row.isEmpty()) {
                remove(row);
            }
        }
        grownBytes = Math.max(0, grownBytes);
        endChange();
        if (points.isSettled() && points.baseOfNextCut(this::isWorth) == null) {
            points.unchain(); // The next cut stands alone, however long there is none.
            dropFlushed(flushes);
        } else if (!points.isConfirmed()) {
            dropFlushed(points.oldest().kept().flushEnd()); // Nothing is added to what is older.
        }
    }

    private Path newPoint() throws IOException {
        Path links = environment.newDirectory("point");
        store.makePoint(links);
        return links;
    }

    private void dropFlushed(long until) {
        while (!flushed.isEmpty() && flushed.peek().number() <= until) {
            flushed.poll().files().forEach(SortedFiles::delete);
        }
    }

    // ---- cuts ----------------------------------------------------------------------------------------------------

    @Override
    public KeyedCut snapshot(long checkpoint, boolean isSavepoint) {
        store.requireWhole(); // Else none could be stored until the same is read by chance.
        releaseParts();
        awaitFlush();
        if (codec.hasExpiring()) {
            visit(HeapRows.VISITED_AT_CUT);
        }
        awaitFlush(); // If that had to make room.
        CutHistory.Point<Kept> base = points.baseOf(checkpoint, isSavepoint, this::isWorth);
        dropConfirmed();
        long baseCheckpoint = base == null ? 0 : base.checkpoint();
        long oldestNeeded = base == null ? checkpoint : base.chainOrThrow().oldestNeeded();
        RocksCut taken = new RocksCut(environment, range, checkpoint, baseCheckpoint, bounds);
        points.add(checkpoint, baseCheckpoint, isSavepoint, new Kept(epoch, 0, null, new long[0], taken));
        beginFlush(taken);
        return new KeyedCut(new Writing(taken), baseCheckpoint, oldestNeeded);
    }

    private final class Writing implements KeyedCut.Writing {
        private final RocksCut taken;

        Writing(RocksCut taken) {
            this.taken = taken;
        }

        @Override
        public boolean proceed(int bytes) {
            if (taken.isGivenUp()) {
                throw new IllegalStateException("the cut for checkpoint " + taken.checkpoint() + " was given up");
            }
            return cut != taken || RocksRows.this.proceed(bytes);
        }

        @Override
        public KeyedCut.Content content() {
            return taken;
        }
    }

    @Override
    public void confirm(long checkpoint) {
        awaitFlush();
        points.confirm(checkpoint);
        dropConfirmed();
    }

    @Override
    public void abort(long checkpoint, boolean isStored) {
        awaitFlush();
        points.abort(checkpoint, isStored);
        dropConfirmed();
    }

    /** The links are for the way back; the files of the cut itself may yet be on their way to the store. */
    @Override
    public Kept keepAsBase(Kept kept) {
        kept.dropLinks();
        return new Kept(kept.epoch(), kept.flushEnd(), null, kept.groupBytes(), kept.cut());
    }

    /** What the last confirmed cut was made of. */
    private void dropConfirmed() {
        if (points.isConfirmed()) {
            points.oldest().kept().dropCut();
            dropFlushed(points.oldest().kept().flushEnd());
        }
    }

    @Override
    public void forget(List<CutHistory.Point<Kept>> oldest, CutHistory.@Nullable Point<Kept> next) {
        oldest.forEach(point -> point.kept().drop());
    }

    @Override
    public void merge(List<CutHistory.Point<Kept>> aborted, CutHistory.Point<Kept> before) {
        aborted.forEach(point -> point.kept().drop());
    }

    // ---- the way back --------------------------------------------------------------------------------------------

    @Override
    public boolean isConsistent() {
        return !isChanging && !isBroken && !isClosed;
    }

    @Override
    public boolean tryRewind(long checkpoint) {
        CutHistory.Point<Kept> back = points.findWayBack(checkpoint);
        Path links = back == null ? null : back.kept().links();
        if (back == null || links == null || !isConsistent()) {
            return false;
        }
        try {
            rewind(back, links);
            return true;
        } catch (IOException | RuntimeException e) {
            isBroken = true;
            LOG.warn("The state of operator {} can't be taken back to checkpoint {}", operator, checkpoint, e);
            return false;
        }
    }

    private void rewind(CutHistory.Point<Kept> back, Path links) throws IOException {
        beginChange();
        releaseParts();
        giveUpFlush();
        store.requireWhole(); // The links lead to the same files.
        evictFrom(back.kept().epoch() + 1);
        Arrays.fill(used, 0, usedCount, null);
        usedCount = 0;
        usedBytes = 0;
        grownBytes = 0;
        RocksStore before = store;
        store = before.takenBackTo(links);
        before.close();
        groupBytes = back.kept().groupBytes().clone();
        for (CutHistory.Point<Kept> point : points.points()) {
            if (point != back) {
                point.kept().drop();
            }
        }
        back.kept().dropCut();
        points.returnTo(back, new Kept(epoch, flushes, links, back.kept().groupBytes(), null));
        dropFlushed(flushes);
        epoch++;
        findFirstDue();
        endChange();
    }

    private void giveUpFlush() {
        if (flush == null) {
            return;
        }
        if (ending != null) {
            ending.handle((done, failure) -> done).join(); // Nobody works on the store, or the files, after it.
        }
        flush.close();
        flush = null;
        ending = null;
        cut = null;
        grownBytesInFlush = 0;
        deleteFiles("flush-" + flushes + "-");
    }

    private void deleteFiles(String prefix) {
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(each -> each.getFileName().toString().startsWith(prefix))
                    .forEach(SortedFiles::delete);
        } catch (IOException e) {
            LOG.warn("Files {}* in {} can't be deleted: {}", prefix, directory, e.toString());
        }
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        giveUpFlush();
        points.clear();
        store.close();
        RocksStore.delete(directory);
        environment.backendClosed();
    }
}
