package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. Writes the segment of one cut bit by bit, between elements, so that a pause does not
 * grow with what there is to write. Rows that have been used since the cut are in the log of its restore point as they
 * were; all others are still what they were. No log but that one may change before all is written, and no row leaves
 * the table.
 */
final class CutWriter<K> implements KeyedCut.Writing {
    /** Made in a millisecond; in heaps of up to 16 GB the garbage collector does not move arrays of that size. */
    private static final int CHUNK_BYTES = (4 << 20) - 64;

    private static final int ENTRY_BYTES = 64 * 1024; // Most are not longer.

    private final HeapRows<K> rows;
    private final KeyTable table;
    private final KeyGroupRange range;
    private final RowCodec<K> codec;
    private final long checkpoint;
    private final @Nullable SegmentChain base; // null: the segment stands alone.
    private final boolean[] isWhole; // By group of the range.
    private final ChangedRows changed;
    private final long[] groupBytes; // By group of the range: what the state has.
    private final long[] wholeSince;
    private final List<BinaryWriter> chunks = new ArrayList<>(); // Those that are full.
    private long chunkBytes; // Of these.
    private BinaryWriter out; // What comes next.

    private int group; // Of the range: the one that is to be written whole next, or is being written.
    private int place; // In that group's rows.
    private boolean isAtParts; // Of that group: its other rows are written.
    private int at; // In the changed rows.
    private @Nullable BinaryWriter begun; // What the group that is being written begins in; null: none is begun.
    private int beginAt; // There.
    private int lengthAt; // There: of its entries.
    private long entriesAt; // In all that is written.
    private int rowStart; // Of the row that was written last.
    private final FirstTimers firstTimers = new FirstTimers(); // Of that row.
    private boolean isGivenUp;

    private CutWriter(
            HeapRows<K> rows,
            KeyTable table,
            KeyGroupRange range,
            long checkpoint,
            long baseCheckpoint,
            @Nullable SegmentChain base,
            boolean[] isWhole,
            ChangedRows changed,
            long expectedBytes) {
        this.rows = rows;
        this.table = table;
        this.range = range;
        this.codec = rows.codec();
        this.checkpoint = checkpoint;
        this.base = base;
        this.isWhole = isWhole;
        this.changed = changed;
        this.groupBytes = base == null ? new long[range.count()] : base.groupBytes();
        this.wholeSince = base == null ? new long[range.count()] : base.wholeSince();
        for (int i = 0; i < isWhole.length; i++) {
            wholeSince[i] = isWhole[i] ? checkpoint : wholeSince[i];
        }
        this.out = new BinaryWriter((int) Math.min(expectedBytes + 1024, CHUNK_BYTES));
        Segment.writeHead(out, checkpoint, baseCheckpoint, range, wholeSince, codec.schema(), rows.mayHaveParts());
    }

    /** Of all there is. */
    static <K> CutWriter<K> whole(
            HeapRows<K> rows, KeyTable table, KeyGroupRange range, long checkpoint, long expectedBytes) {
        boolean[] all = new boolean[range.count()];
        Arrays.fill(all, true);
        return new CutWriter<>(rows, table, range, checkpoint, 0, null, all, new ChangedRows(range), expectedBytes);
    }

    /** Of what is to be added to a chain: some groups whole, and of the others the rows that have changed. */
    static <K> CutWriter<K> changes(
            HeapRows<K> rows,
            KeyTable table,
            KeyGroupRange range,
            long checkpoint,
            long baseCheckpoint,
            SegmentChain base,
            boolean[] isWhole,
            ChangedRows changed) {
        long expected = changed.imageBytes();
        long[] sizes = base.groupBytes();
        for (int i = 0; i < isWhole.length; i++) {
            expected += isWhole[i] ? sizes[i] : 0;
        }
        return new CutWriter<>(
                rows, table, range, checkpoint, baseCheckpoint, base, isWhole, changed, expected + expected / 8);
    }

    /** Writes at least so many bytes, if there are as many; answers whether all is written. */
    @Override
    public boolean proceed(int bytes) {
        if (isGivenUp) {
            throw new IllegalStateException("the cut for checkpoint " + checkpoint + " was given up");
        }
        long written = 0;
        while (written < bytes) {
            long before = length();
            if (group < isWhole.length) {
                proceedWhole();
            } else if (at < changed.size()) {
                proceedChanges();
            } else {
                rows.onWritten(this, checkpoint, chain());
                return true;
            }
            written += 1L + Math.abs(length() - before);
        }
        return false;
    }

    /** It is not wanted any more: what it reads may change. */
    void giveUp() {
        isGivenUp = true;
    }

    @Override
    public KeyedCut.Content content() {
        return to -> {
            for (BinaryWriter chunk : chunks) {
                to.write(chunk.array(), 0, chunk.length());
            }
            to.write(out.array(), 0, out.length());
        };
    }

    private long length() {
        return chunkBytes + out.length();
    }

    /** Between two entries. */
    private void endChunk() {
        if (out.length() >= CHUNK_BYTES - ENTRY_BYTES) {
            chunkBytes += out.length();
            chunks.add(out);
            out = new BinaryWriter(CHUNK_BYTES);
        }
    }

    private SegmentChain chain() {
        SegmentChain.Link link = new SegmentChain.Link(checkpoint, length());
        return base == null ? SegmentChain.of(link, groupBytes) : base.with(link, wholeSince, groupBytes);
    }

    // ---- groups that are written whole ---------------------------------------------------------------------------

    /** A row, or a group's beginning or end. Rows that come meanwhile are last, and had nothing. */
    private void proceedWhole() {
        int number = range.first() + group;
        if (!isWhole[group]) {
            group++;
        } else if (begun == null) {
            begin(number, true, isAtParts);
            place = 0;
        } else if (place < table.size(number)) {
            Row row = table.row(number, place++);
            if (row.isPart() == isAtParts) {
                proceedWhole(row);
            }
        } else {
            // In one go: a row that is bytes now may be an object, and last in the table, when this is next called.
            ReplicaGroup bytes = isAtParts ? rows.undecodedParts(number) : rows.undecoded(number);
            if (bytes != null) {
                bytes.forEach((arena, from, each) -> {
                    out.writeBytes(arena, from, each.end - from);
                    endChunk();
                });
            }
            endWhole(number);
        }
    }

    private void proceedWhole(Row row) {
        int start = out.length();
        writeKey(row);
        if (writeRow(row) == 0) {
            out.truncate(start);
        } else {
            endChunk();
        }
    }

    private void endWhole(int number) {
        if (isAtParts) {
            groupBytes[group] += end(false);
            isAtParts = false;
            group++;
            return;
        }
        // The segment that stands alone says by itself that groups it does not have are empty.
        groupBytes[group] = end(base != null);
        isAtParts = table.partCount(number) > 0 || rows.undecodedParts(number) != null;
        group += isAtParts ? 0 : 1;
    }

    // ---- rows that have changed ----------------------------------------------------------------------------------

    private void proceedChanges() {
        int number = changed.row(at).group;
        boolean isPart = changed.row(at).isPart();
        if (begun == null) {
            begin(number, false, isPart);
        }
        groupBytes[number - range.first()] += writeChange();
        if (length() > entriesAt) {
            endChunk(); // Else the group's beginning may have to be taken back.
        }
        at++;
        if (at == changed.size()
                || changed.row(at).group != number
                || changed.row(at).isPart() != isPart) {
            end(false);
        }
    }

    /** Answers by how many bytes the state grows. */
    private int writeChange() {
        int start = out.length();
        writeKey(changed.row(at));
        int keyLength = out.length() - start;
        int rowLength = writeRow(changed.row(at));
        int rowAt = rowStart;
        int length = changed.imageLength(at);
        int imageAt = changed.imageAt(at);
        if (Arrays.equals(out.array(), rowAt, rowAt + rowLength, changed.image(at), imageAt, imageAt + length)) {
            out.truncate(start); // It was only read, or is again what it was.
            return 0;
        }
        return entryBytes(keyLength, rowLength) - entryBytes(keyLength, length);
    }

    private static int entryBytes(int keyLength, int rowLength) {
        return rowLength == 0 ? 0 : keyLength + rowLength + 2;
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private void begin(int number, boolean whole, boolean ofParts) {
        begun = out;
        beginAt = out.length();
        lengthAt = Segment.beginGroup(out, number, whole, ofParts);
        entriesAt = length();
    }

    /** Answers how many bytes it takes; an empty one is left out. */
    private long end(boolean evenIfEmpty) {
        BinaryWriter beginning = Objects.requireNonNull(begun);
        begun = null;
        long entryBytes = length() - entriesAt;
        if (entryBytes == 0 && !evenIfEmpty) {
            beginning.truncate(beginAt);
            return 0;
        }
        beginning.putInt(lengthAt, Math.toIntExact(entryBytes));
        return entryBytes + lengthAt + Integer.BYTES - beginAt;
    }

    private void writeKey(Row row) {
        int start = out.beginRun();
        codec.writeKey(row.key, out);
        out.endRun(start);
    }

    /**
     * What the row was like at the cut, and what follows its bytes unless there are none; answers how many they are.
     */
    private int writeRow(Row row) {
        int start = out.beginRun();
        if (rows.isUsedSinceCut(row)) {
            UndoLog log = rows.newestLog();
            out.writeBytes(log.image(row.noted), log.imageAt(row.noted), log.imageLength(row.noted));
            log.readFirstTimers(row.noted, firstTimers);
        } else {
            codec.writeRow(row, out, firstTimers);
        }
        int length = out.length() - start;
        rowStart = out.endRun(start);
        if (length > 0) {
            Segment.endEntry(out, firstTimers);
        }
        return length;
    }
}
