package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryWriter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the subtask's thread, and after its end by who rewinds it. The rows of a backend, what they were like at
 * each cut that may have to be gone back to, and rows that are bytes still.
 *
 * <p>A generation is the time between two cuts. Before a row is used for the first time in a generation, its bytes are
 * kept in the log of the newest restore point: values may be changed in place, so that later is too late. A cut writes
 * the rows that the logs name and that have other bytes now; to rewind is to give the rows that the logs name their
 * bytes back. So the cost of both is that of the changes, whatever the size of the state.
 */
final class HeapRows<K> implements Rows<K>, CutHistory.Keeper<HeapRows.Kept> {
    private static final Logger LOG = LoggerFactory.getLogger(HeapRows.class);
    private static final byte[] NO_BYTES = {};
    /** Rows that are looked at for what has expired, for each that is used for the first time in its generation. */
    static final int VISITED_PER_USE = 2;

    static final int VISITED_AT_CUT = 1024;
    private static final int VISITED_AT_ONCE = 64;

    private final String operator;
    private final KeyGroupRange range;
    private final long leastChainedBytes;
    private final KeyTable table;
    private final UndoLog.Pool pool = new UndoLog.Pool();
    private final CutHistory<Kept> points;
    private final BinaryWriter keyBytes = new BinaryWriter(64);
    private final BinaryWriter rowBytes = new BinaryWriter();
    private final Entry entry = new Entry();
    private RowCodec<K> codec;
    private @Nullable KeyedReplica undecoded;
    private final FirstTimers firstUndecoded = new FirstTimers(); // Or later than this.
    private final FirstTimers ofRow = new FirstTimers();
    private int generation = 1;
    private int stamp = 1;
    /**
     * Rows that it names have the stamp, and no others; null: none has, or those that have changed at the newest cut.
     */
    private @Nullable UndoLog stamped;

    private boolean mayHaveParts; // There are some, or were.
    private boolean isChanging; // Else what can be seen is consistent.
    private boolean isBroken;
    private int visitsPerUse; // 0: nothing expires.
    private int visitsDue;
    private int visitedGroup;
    private int visitedPlace; // Among the group's rows that are objects.
    private int visitedSlot; // Among those that are bytes.
    private int visitedPartSlot; // Among parts that are bytes.
    private @Nullable CutWriter<K> writing; // The newest restore point's cut, while it is not all written.

    /**
     * Of a cut, or of what was restored.
     *
     * @param generation rows of later generations have been used since
     * @param log of what has been used since, as it was
     */
    record Kept(int generation, UndoLog log) {}

    /** @param leastChainedBytes of smaller states every segment is whole */
    HeapRows(String operator, KeyGroupRange range, RowCodec<K> codec, long leastChainedBytes) {
        this.operator = operator;
        this.leastChainedBytes = leastChainedBytes;
        this.range = range;
        this.table = new KeyTable(range);
        this.codec = codec;
        this.points = new CutHistory<>(operator, this);
        beginExpiry();
    }

    /** Before the first use: rows that are in the order of the codec's sections. */
    void startFrom(KeyedReplica replica, boolean isChained) {
        undecoded = replica;
        mayHaveParts = replica.mayHaveParts();
        for (TimeDomain domain : TimeDomain.values()) {
            firstUndecoded.set(domain, firstTimerMillis(replica, domain));
        }
        UndoLog log = new UndoLog(pool);
        points.startFrom(replica.checkpoint(), isChained ? replica.chain() : null, new Kept(generation, log));
        stampAs(log);
        generation++;
    }

    /** The same rows for a new backend. */
    void adopt(RowCodec<K> newCodec) {
        newCodec.numberAs(codec.schema());
        newCodec.adoptTimers(codec);
        codec = newCodec;
        beginExpiry();
    }

    private void beginExpiry() {
        visitsPerUse = codec.hasExpiring() ? VISITED_PER_USE : 0;
    }

    @Override
    public RowCodec<K> codec() {
        return codec;
    }

    // ---- use -----------------------------------------------------------------------------------------------------

    /** The key's row, noted as it is now if that has to be; null: there is none. */
    @Override
    public @Nullable Row find(Object key, int hash) {
        if (visitsDue >= VISITED_AT_ONCE) {
            visit(VISITED_AT_ONCE);
        }
        Row row = table.find(key, hash);
        if (row == null) {
            return undecoded == null ? null : decode(key, hash);
        }
        if (row.generation != generation) {
            touch(row);
        }
        return row;
    }

    /** Nothing is visited: the owner is in use. */
    @Override
    public @Nullable Row findPart(Row owner, PartKey key, int hash) {
        Row row = peekPart(owner, key, hash);
        if (row != null) {
            touch(row);
        }
        return row;
    }

    @Override
    public @Nullable Row peekPart(Row owner, PartKey key, int hash) {
        Row row = table.find(key, hash);
        return row != null || undecoded == null ? row : decodePart(owner, key, hash);
    }

    @Override
    public void prefetch(int[] hashes, int count) {
        table.prefetch(hashes, count);
    }

    @Override
    public void touch(Row row) {
        if (row.generation == generation) {
            return;
        }
        if (!points.isEmpty() && !(newestLog() == stamped && row.stamp == stamp)) {
            rowBytes.clear();
            codec.writeRow(row, rowBytes, ofRow); // May throw, and nothing has changed then.
            note(row, rowBytes.array(), 0, rowBytes.length(), ofRow);
        }
        row.generation = generation;
        visitsDue += visitsPerUse;
    }

    /** A row for a key that has none. */
    @Override
    public Row add(Object key, int hash, int group) {
        Row row = codec.newRow(key, hash, group);
        mayHaveParts |= row.isPart();
        beginChange();
        table.add(row);
        if (!points.isEmpty()) {
            ofRow.clear();
            note(row, NO_BYTES, 0, 0, ofRow);
        }
        row.generation = generation;
        visitsDue += visitsPerUse;
        endChange();
        return row;
    }

    /** Answers whether the row has gone, as nothing is left of it, and no log names it. */
    @Override
    public boolean dropIfEmpty(Row row) {
        if (!row.isEmpty() || !points.isEmpty()) {
            return false;
        }
        if (row.place != Row.NOWHERE) {
            beginChange();
            table.remove(row);
            endChange();
        }
        return true;
    }

    private void note(Row row, byte[] image, int offset, int length, FirstTimers firstTimers) {
        UndoLog log = newestLog();
        log.add(row, image, offset, length, firstTimers);
        row.noted = log.size() - 1;
        if (log == stamped) {
            row.stamp = stamp;
        }
    }

    /** In which nothing is noted twice. */
    private void stampAs(UndoLog log) {
        if (stamped == log) {
            return;
        }
        stamp++;
        stamped = log;
        for (int i = 0; i < log.size(); i++) {
            log.row(i).stamp = stamp;
        }
    }

    /** Rows that are objects, those that have nothing any more and are only remembered included. */
    int rowCount() {
        return table.size();
    }

    /** Rows may say that what they have is in parts: also where all of these have expired. */
    boolean mayHaveParts() {
        return mayHaveParts;
    }

    /** Keys that have anything. */
    @Override
    public int count() {
        int count = undecoded == null ? 0 : undecoded.count();
        for (int group = range.first(); group < range.end(); group++) {
            for (int i = 0; i < table.size(group); i++) {
                Row row = table.row(group, i);
                count += row.isEmpty() || row.isPart() ? 0 : 1;
            }
        }
        return count;
    }

    /** What lies between these two calls is not interrupted by users' code; if it fails, the rows are given up. */
    @Override
    public void beginChange() {
        isBroken |= isChanging;
        isChanging = true;
    }

    @Override
    public void endChange() {
        isChanging = false;
    }

    // ---- rows that are bytes -------------------------------------------------------------------------------------

    private @Nullable Row decode(Object key, int hash) {
        keyBytes.clear();
        codec.writeKey(key, keyBytes);
        int number = KeyGroups.groupOf(keyBytes.array(), 0, keyBytes.length(), codec.maxParallelism());
        ReplicaGroup group = range.contains(number) ? undecoded(number) : null;
        if (group == null || !group.find(keyBytes.array(), 0, keyBytes.length(), entry)) {
            return null;
        }
        return decode(key, hash, number, group);
    }

    private @Nullable Row decodePart(Row owner, PartKey key, int hash) {
        ReplicaGroup group = undecodedParts(owner.group);
        if (group == null) {
            return null;
        }
        keyBytes.clear();
        codec.writeKey(key, keyBytes);
        return group.find(keyBytes.array(), 0, keyBytes.length(), entry) ? decode(key, hash, owner.group, group) : null;
    }

    /** The row that the entry is on. */
    private Row decode(Object key, int hash, int number, ReplicaGroup group) {
        Row row = codec.newRow(key, hash, number);
        codec.readRow(group.arena(), entry.rowAt, entry.rowLength, row); // May throw, and nothing has changed then.
        beginChange();
        if (!points.isEmpty()) {
            note(row, group.arena(), entry.rowAt, entry.rowLength, entry.firstTimers);
        }
        row.generation = generation;
        visitsDue += visitsPerUse;
        table.add(row);
        codec.insertTimers(row);
        group.remove(group.arena(), entry.keyAt, entry.keyLength);
        if (group.count() == 0 && undecoded != null) {
            undecoded.dropIfEmpty(number);
            if (undecoded.hasNothing()) {
                undecoded = null;
            }
        }
        endChange();
        return row;
    }

    /** No row that is bytes has a timer before that; there may be none then either. */
    @Override
    public long firstUndecodedTimerMillis(TimeDomain domain) {
        return firstUndecoded.of(domain);
    }

    /** Makes objects of all rows that have a timer not later than that. */
    @Override
    public void decodeDue(TimeDomain domain, long millis) {
        if (firstUndecoded.of(domain) > millis || firstUndecoded.of(domain) == Long.MAX_VALUE) {
            return;
        }
        for (int number = range.first(); number < range.end(); number++) {
            ReplicaGroup group = undecoded(number);
            while (group != null && group.findDue(domain, millis, entry)) {
                K key = codec.readKey(group.arena(), entry.keyAt, entry.keyLength);
                decode(key, KeyTable.hash(key), number, group);
            }
        }
        firstUndecoded.set(domain, undecoded == null ? Long.MAX_VALUE : firstTimerMillis(undecoded, domain));
    }

    private long firstTimerMillis(KeyedReplica replica, TimeDomain domain) {
        long first = Long.MAX_VALUE;
        for (int number = range.first(); number < range.end(); number++) {
            ReplicaGroup group = replica.group(number);
            first = group == null ? first : Math.min(first, group.firstTimerMillis(domain));
        }
        return first;
    }

    // ---- what expires --------------------------------------------------------------------------------------------

    /**
     * Takes away what has expired of some rows, those in turn. As two are visited for each that is used, what is there
     * and has expired is a third of what has not, or less, whatever keys come.
     */
    private void visit(int count) {
        for (int i = 0; i < count && range.count() > 0; i++) {
            int number = range.first() + visitedGroup;
            ReplicaGroup bytes = undecoded(number);
            ReplicaGroup parts = undecodedParts(number);
            if (visitedPlace < table.size(number)) {
                visit(table.row(number, visitedPlace));
            } else if (bytes != null && visitedSlot < bytes.slotCount()) {
                visitedSlot = visit(number, bytes, visitedSlot, false);
            } else if (parts != null && visitedPartSlot < parts.slotCount()) {
                visitedPartSlot = visit(number, parts, visitedPartSlot, true);
            } else {
                visitedGroup = (visitedGroup + 1) % range.count();
                visitedPlace = 0;
                visitedSlot = 0;
                visitedPartSlot = 0;
            }
        }
        visitsDue = Math.max(0, visitsDue - count); // What was used because it has expired counts as well.
    }

    private void visit(Row row) {
        if (!codec.hasExpired(row)) {
            visitedPlace++;
            return;
        }
        touch(row);
        visitedPlace += expire(row) ? 0 : 1; // Another one is at its place.
    }

    /** Of a row that is in use; answers whether it has gone. */
    private boolean expire(Row row) {
        int entries = codec.expire(row);
        boolean isGone = dropIfEmpty(row);
        if (entries > 0 && row.key instanceof PartKey part) {
            int hash = KeyTable.hash(part.owner());
            Row owner = table.find(part.owner(), hash);
            if (owner != null) {
                touch(owner);
            } else if (undecoded != null) {
                owner = decode(part.owner(), hash);
            }
            if (owner != null) {
                codec.onExpired(owner, part, entries);
            }
        }
        return isGone;
    }

    /** Looks at the entry at that place or behind it; answers the place to go on from. */
    private int visit(int number, ReplicaGroup bytes, int from, boolean isOfParts) {
        int slot = from;
        while (slot < bytes.slotCount() && !bytes.entryAt(slot, entry)) {
            slot++;
        }
        if (slot == bytes.slotCount()) {
            return slot;
        }
        if (!codec.hasExpired(bytes.arena(), entry.rowAt, entry.rowLength)) {
            return slot + 1;
        }
        Object key = isOfParts
                ? codec.readPartKey(bytes.arena(), entry.keyAt, entry.keyLength)
                : codec.readKey(bytes.arena(), entry.keyAt, entry.keyLength);
        Row row = decode(key, KeyTable.hash(key), number, bytes);
        expire(row);
        return slot; // Another entry may be there now.
    }

    // ---- cuts ----------------------------------------------------------------------------------------------------

    /**
     * Begins a cut of what there is now; its bytes are written by the cut's own doing. An unwritten one is given up.
     */
    @Override
    public KeyedCut snapshot(long checkpoint, boolean isSavepoint) {
        giveUpWriting();
        if (codec.hasExpiring()) {
            visit(VISITED_AT_CUT);
        }
        CutHistory.Point<Kept> base = points.baseOf(checkpoint, isSavepoint, this::isWorth);
        long baseCheckpoint = base == null ? 0 : base.checkpoint();
        CutWriter<K> writer = base == null ? whole(checkpoint) : changes(checkpoint, base);
        UndoLog log = new UndoLog(pool);
        points.add(checkpoint, baseCheckpoint, isSavepoint, new Kept(generation, log));
        if (points.oldest() == points.newest()) {
            stampAs(log);
        }
        generation++;
        writing = writer;
        long oldestNeeded = base == null ? checkpoint : base.chainOrThrow().oldestNeeded();
        return new KeyedCut(writer, baseCheckpoint, oldestNeeded);
    }

    private boolean isWorth(CutHistory.Point<Kept> base) {
        SegmentChain chain = base.chainOrThrow();
        return chain.stateBytes() >= leastChainedBytes
                && !chain.isWorthLessThan(changedBytes(base), SegmentChain.Bounds.ROWS);
    }

    private CutWriter<K> whole(long checkpoint) {
        SegmentChain last = points.isEmpty() ? null : points.newest().chain();
        long expected = last == null ? 0 : last.stateBytes() + last.stateBytes() / 8;
        return CutWriter.whole(this, table, range, checkpoint, expected);
    }

    private CutWriter<K> changes(long checkpoint, CutHistory.Point<Kept> base) {
        SegmentChain chain = base.chainOrThrow();
        boolean[] isWhole = chain.dueGroups(changedBytes(base), SegmentChain.Bounds.ROWS);
        ChangedRows changed = changedRows(base);
        return CutWriter.changes(this, table, range, checkpoint, base.checkpoint(), chain, isWhole, changed);
    }

    /** The segment is written: others can be added to it once its checkpoint is complete. */
    void onWritten(CutWriter<K> writer, long checkpoint, SegmentChain chain) {
        if (writing != writer) {
            return; // It is not a restore point's.
        }
        writing = null;
        points.onWritten(checkpoint, chain, points.newest().kept());
    }

    /** Logs that it reads are about to change. */
    private void finishWriting() {
        while (writing != null) {
            writing.proceed(Integer.MAX_VALUE);
        }
    }

    private void giveUpWriting() {
        if (writing != null) {
            writing.giveUp();
            writing = null;
        }
    }

    /** The row was used since the newest cut: {@link Row#noted} says where its {@link #newestLog} has what it was. */
    boolean isUsedSinceCut(Row row) {
        return row.generation == generation;
    }

    UndoLog newestLog() {
        return points.newest().kept().log();
    }

    /** Rows of a group that are bytes still; null: none. */
    @Nullable
    ReplicaGroup undecoded(int group) {
        return undecoded == null ? null : undecoded.group(group);
    }

    /** The same of parts. */
    @Nullable
    ReplicaGroup undecodedParts(int group) {
        return undecoded == null ? null : undecoded.parts(group);
    }

    private long changedBytes(CutHistory.Point<Kept> since) {
        return logsFrom(since).mapToLong(UndoLog::imageBytes).sum();
    }

    private Stream<UndoLog> logsFrom(CutHistory.Point<Kept> since) {
        return points.points().stream()
                .filter(point -> point.checkpoint() >= since.checkpoint())
                .map(point -> point.kept().log());
    }

    /** What the logs since that restore point name, as it was there, by group; it has the stamp. */
    private ChangedRows changedRows(CutHistory.Point<Kept> since) {
        ChangedRows changed = new ChangedRows(range);
        stamp++;
        stamped = null;
        logsFrom(since).forEach(log -> {
            for (int i = 0; i < log.size(); i++) {
                Row row = log.row(i);
                if (row.stamp != stamp) {
                    row.stamp = stamp;
                    changed.add(log, i);
                }
            }
        });
        changed.sort();
        return changed;
    }

    /** While a cut that adds to another is being written: the row may have changed between the two. */
    boolean hasChanged(Row row) {
        return row.stamp == stamp;
    }

    // ---- what becomes of cuts ------------------------------------------------------------------------------------

    @Override
    public void confirm(long checkpoint) {
        finishWriting();
        points.confirm(checkpoint);
    }

    @Override
    public void abort(long checkpoint, boolean isStored) {
        if (writing != null && checkpoint >= points.newest().checkpoint()) {
            giveUpWriting();
        }
        finishWriting();
        points.abort(checkpoint, isStored);
    }

    @Override
    public Kept keepAsBase(Kept kept) {
        return kept;
    }

    @Override
    public void merge(List<CutHistory.Point<Kept>> aborted, CutHistory.Point<Kept> before) {
        beginChange();
        UndoLog into = before.kept().log();
        stampAs(into);
        for (CutHistory.Point<Kept> point : aborted) {
            UndoLog log = point.kept().log();
            for (int i = 0; i < log.size(); i++) {
                Row row = log.row(i);
                if (row.stamp != stamp) {
                    log.readFirstTimers(i, ofRow);
                    into.add(row, log.image(i), log.imageAt(i), log.imageLength(i), ofRow);
                    row.stamp = stamp;
                }
            }
            log.free();
        }
        endChange();
    }

    @Override
    public void forget(List<CutHistory.Point<Kept>> oldest, CutHistory.@Nullable Point<Kept> next) {
        beginChange();
        int keptGeneration = next == null ? Integer.MAX_VALUE : next.kept().generation();
        for (CutHistory.Point<Kept> point : oldest) {
            UndoLog log = point.kept().log();
            for (int i = 0; i < log.size(); i++) {
                Row row = log.row(i);
                // No log that is kept names it.
                if (row.isEmpty() && row.place != Row.NOWHERE && row.generation <= keptGeneration) {
                    table.remove(row);
                }
            }
            log.free();
        }
        stamped = null;
        stamp++;
        if (next != null) {
            stampAs(next.kept().log());
        }
        endChange();
    }

    // ---- the way back --------------------------------------------------------------------------------------------

    /** False: something went wrong in the midst of a change. */
    @Override
    public boolean isConsistent() {
        return !isChanging && !isBroken;
    }

    @Override
    public boolean tryRewind(long checkpoint) {
        giveUpWriting();
        CutHistory.Point<Kept> back = points.findWayBack(checkpoint);
        if (back == null || !isConsistent()) {
            return false;
        }
        try {
            rewind(back);
            return true;
        } catch (RuntimeException e) {
            isBroken = true;
            LOG.warn("The state of operator {} can't be taken back to checkpoint {}", operator, checkpoint, e);
            return false;
        }
    }

    private void rewind(CutHistory.Point<Kept> back) {
        beginChange();
        stamp++; // Of the rows that are as they were.
        for (CutHistory.Point<Kept> point : points.points()) {
            if (point.checkpoint() >= back.checkpoint()) {
                undo(point.kept().log());
            }
        }
        for (CutHistory.Point<Kept> point : points.points()) {
            UndoLog log = point.kept().log();
            for (int i = 0; i < log.size(); i++) {
                Row row = log.row(i);
                if (row.isEmpty() && row.place != Row.NOWHERE) {
                    table.remove(row);
                }
            }
            log.free();
        }
        UndoLog log = new UndoLog(pool);
        points.returnTo(back, new Kept(generation, log));
        generation++;
        stampAs(log);
        endChange();
    }

    private void undo(UndoLog log) {
        for (int i = 0; i < log.size(); i++) {
            Row row = log.row(i);
            if (row.stamp != stamp) {
                row.stamp = stamp;
                codec.empty(row);
                codec.readRow(log.image(i), log.imageAt(i), log.imageLength(i), row);
                codec.insertTimers(row);
            }
        }
    }

    @Override
    public void makeRoomForDue(TimeDomain domain, long millis) {
        // All rows that are objects stay so.
    }

    @Override
    public void close() {
        // Nothing is held but memory.
    }

    /** All that there is, for a backend that has other sections, or these in another order. */
    KeyedReplica toReplica() {
        KeyedReplica replica = new KeyedReplica(operator, range);
        long checkpoint = points.isEmpty() ? 0 : points.oldest().checkpoint();
        generation++; // Nothing has been used since.
        replica.apply(new KeyedCut(whole(checkpoint), 0, checkpoint).complete().bytes(), checkpoint);
        return replica;
    }
}
