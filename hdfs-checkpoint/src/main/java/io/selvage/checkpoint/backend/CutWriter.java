package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
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
    private final long baseCheckpoint;
    private final @Nullable SegmentChain base; // null: the segment stands alone.
    private final boolean[] isWhole; // By group of the range.
    private final ChangedRows changed;
    private final long[] groupBytes; // By group of the range: what the state has.
    private final long[] wholeSince;
    private final StateSchema schema; // At the cut.
    private final boolean mayHaveParts; // Likewise.
    private final Segment.Contents contents = new Segment.Contents();
    private final List<BinaryWriter> chunks = new ArrayList<>(); // Those that are full.
    private long chunkBytes; // Of these.
    private BinaryWriter out; // What comes next.
    private BinaryWriter head = new BinaryWriter(); // Empty until all else is written.

    private int group; // Of the range: the one that is to be written whole next, or is being written.
    private int place; // In that group's rows.
    private boolean isAtParts; // Of that group: its other rows are written.
    private int at; // In the changed rows.
    private boolean isBegun; // A section is being written.
    private long entriesAt; // Of that section, in all that is written.
    private final CRC32C crc = new CRC32C(); // Of its entries in chunks that are full.
    private int crcFrom; // What is not in it yet begins there.
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
        this.baseCheckpoint = baseCheckpoint;
        this.base = base;
        this.isWhole = isWhole;
        this.changed = changed;
        this.groupBytes = base == null ? new long[range.count()] : base.groupBytes();
        this.wholeSince = base == null ? new long[range.count()] : base.wholeSince();
        for (int i = 0; i < isWhole.length; i++) {
            wholeSince[i] = isWhole[i] ? checkpoint : wholeSince[i];
            groupBytes[i] = isWhole[i] ? 0 : groupBytes[i]; // It is counted anew.
        }
        this.out = new BinaryWriter((int) Math.min(expectedBytes + 1024, CHUNK_BYTES));
        this.schema = codec.schema();
        this.mayHaveParts = rows.mayHaveParts();
    }

    /** Of all there is. */
    static <K> CutWriter<K> whole(
            HeapRows<K> rows, KeyTable table, KeyGroupRange range, long checkpoint, long expectedBytes) {
        boolean[] all = new boolean[range.count()];
        Arrays.fill(all, true);
        return new CutWriter<>(rows, table, range, checkpoint, 0, null, all, new ChangedRows(range), expectedBytes);
    }

    /**
     * Of what is to be added to a chain: the rows that have changed, and of some groups all others as well.
     *
     * @param changed those that {@link HeapRows#hasChanged} answers for
     */
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
            expected += isWhole[i] ? sizes[i] : 0; // Too much by those of its rows that have changed.
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
            if (at < changed.size()) {
                proceedChanges();
            } else if (group < isWhole.length) {
                proceedWhole();
            } else {
                head = Segment.head(checkpoint, baseCheckpoint, range, wholeSince, schema, mayHaveParts, contents);
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
            to.write(head.array(), 0, head.length());
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
            updateCrc();
            chunkBytes += out.length();
            chunks.add(out);
            out = new BinaryWriter(CHUNK_BYTES);
            crcFrom = 0;
        }
    }

    private SegmentChain chain() {
        SegmentChain.Link link = new SegmentChain.Link(checkpoint, head.length() + length());
        return base == null ? SegmentChain.of(link, groupBytes) : base.with(link, wholeSince, groupBytes);
    }

    // ---- rows that have changed ----------------------------------------------------------------------------------

    private void proceedChanges() {
        int number = changed.row(at).group;
        boolean isPart = changed.row(at).isPart();
        if (!isBegun) {
            begin();
        }
        groupBytes[number - range.first()] += writeChange(isWhole[number - range.first()]);
        endChunk();
        at++;
        if (at == changed.size()
                || changed.row(at).group != number
                || changed.row(at).isPart() != isPart) {
            end(number, false, isPart, false);
        }
    }

    /**
     * Answers by how many bytes the state grows beyond what is known of it.
     *
     * @param isOfWhole all else that the group has is in this segment as well, and is counted there
     */
    private int writeChange(boolean isOfWhole) {
        int start = out.length();
        writeKey(changed.row(at));
        int keyLength = out.length() - start;
        int rowLength = writeRow(changed.row(at));
        int rowAt = rowStart;
        int length = changed.imageLength(at);
        int imageAt = changed.imageAt(at);
        boolean isSame =
                Arrays.equals(out.array(), rowAt, rowAt + rowLength, changed.image(at), imageAt, imageAt + length);
        if (isSame && (!isOfWhole || length == 0)) {
            out.truncate(start); // It was only read, or is again what it was.
            return 0;
        }
        return entryBytes(keyLength, rowLength) - (isOfWhole ? 0 : entryBytes(keyLength, length));
    }

    private static int entryBytes(int keyLength, int rowLength) {
        return rowLength == 0 ? 0 : keyLength + rowLength + 2;
    }

    // ---- groups that are written whole ---------------------------------------------------------------------------

    /** A row, or a group's beginning or end. Rows that come meanwhile are last, and had nothing. */
    private void proceedWhole() {
        int number = range.first() + group;
        if (!isWhole[group]) {
            group++;
        } else if (!isBegun) {
            begin();
            place = 0;
        } else if (place < table.size(number)) {
            Row row = table.row(number, place++);
            boolean isChanged = base != null && rows.hasChanged(row);
            if (row.isPart() == isAtParts && !isChanged) {
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
            groupBytes[group] += end(number, true, true, false);
            isAtParts = false;
            group++;
            return;
        }
        // The segment that stands alone says by itself that groups it does not have are empty.
        groupBytes[group] += end(number, true, false, base != null);
        isAtParts = table.partCount(number) > 0 || rows.undecodedParts(number) != null;
        group += isAtParts ? 0 : 1;
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private void begin() {
        isBegun = true;
        entriesAt = length();
        crc.reset();
        crcFrom = out.length();
    }

    /** Answers how many bytes there are; a section that is empty is left out. */
    private long end(int number, boolean whole, boolean ofParts, boolean evenIfEmpty) {
        isBegun = false;
        int bytes = Math.toIntExact(length() - entriesAt);
        if (bytes > 0 || evenIfEmpty) {
            updateCrc();
            contents.add(new Segment.Section(number, whole, ofParts, bytes, (int) crc.getValue()));
        }
        return bytes;
    }

    private void updateCrc() {
        crc.update(out.array(), crcFrom, out.length() - crcFrom);
        crcFrom = out.length();
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
