package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. Writes rows that have been used, as they are at its beginning, into sorted files, bit
 * by bit. A row that is used meanwhile must be given to {@link #keep} before.
 */
final class RocksFlush<K> {
    private static final int WORK_PER_ROW = 64;
    private static final TimeDomain[] DOMAINS = TimeDomain.values();

    private final RowCodec<K> codec;
    private final SortedFiles files;
    private final KeyGroupRange range;
    private final long[] groupBytes; // By group of the range; changes as rows are written.
    private final StoredRow[] rows; // By group.
    private final byte[] @Nullable [] images; // Of those that have been used since.
    private final BinaryWriter keyBytes = new BinaryWriter(64);
    private final BinaryWriter valueBytes = new BinaryWriter();
    private final List<byte[]> noLongerDue = new ArrayList<>(); // Of the group at hand.
    private final List<byte[]> due = new ArrayList<>();

    private final FirstTimers firstTimers = new FirstTimers(); // Of the row at hand.

    private Item[] group = {}; // By key.
    private int groupEnd; // In the rows.
    private int at; // In the group.
    private long written; // Bytes.
    private long worked; // In bytes that take as long; what need not be written takes its time as well.

    private record Item(int place, byte[] key) {
        boolean isPart() {
            return RocksKeys.isPart(key);
        }
    }

    RocksFlush(
            RowCodec<K> codec, SortedFiles files, KeyGroupRange range, long[] groupBytes, StoredRow[] used, int count) {
        this.codec = codec;
        this.files = files;
        this.range = range;
        this.groupBytes = groupBytes;
        this.rows = byGroup(used, count);
        this.images = new byte[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i].flushAt = i;
            rows[i].isInFlush = true;
        }
    }

    /** By counting; those that are in no table any more never were in the store. */
    private StoredRow[] byGroup(StoredRow[] used, int count) {
        int[] starts = new int[range.count() + 1];
        for (int i = 0; i < count; i++) {
            if (used[i].place != Row.NOWHERE) {
                starts[used[i].group - range.first() + 1]++;
            }
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        StoredRow[] sorted = new StoredRow[starts[starts.length - 1]];
        for (int i = 0; i < count; i++) {
            if (used[i].place != Row.NOWHERE) {
                sorted[starts[used[i].group - range.first()]++] = used[i];
            }
        }
        return sorted;
    }

    /** The row is about to change. */
    void keep(StoredRow row) {
        valueBytes.clear();
        writeValue(row); // May throw, and nothing has changed then.
        images[row.flushAt] = valueBytes.toByteArray();
        row.flushAt = StoredRow.NO_FLUSH;
    }

    /** Writes at least so many bytes, if there are as many; answers whether all is written. */
    boolean proceed(int bytes) throws IOException {
        long until = worked + bytes;
        while (worked < until) {
            boolean isDueLeft = !due.isEmpty() || !noLongerDue.isEmpty(); // Lies between rows and parts.
            if (at < group.length && !(isDueLeft && group[at].isPart())) {
                write(group[at++]);
            } else if (isDueLeft) {
                writeDue();
            } else if (groupEnd < rows.length) {
                beginGroup();
            } else {
                return true;
            }
        }
        return false;
    }

    /**
     * What is there when all is done.
     *
     * @param view of the store after it; null: no restore point was asked for
     */
    record Ended(List<Path> files, RocksStore.@Nullable View view) {}

    /**
     * Another thread, once all is written: ends the files, which waits for the disk, and has the store take them in.
     *
     * @param links where a restore point goes; null: none is made
     * @param isWhole all there is goes into the checkpoint: the view has an image
     */
    Ended end(RocksStore into, @Nullable Path links, boolean isWhole) throws IOException {
        List<Path> ended = files.finish();
        into.takeIn(ended);
        if (links == null) {
            return new Ended(ended, null);
        }
        into.makePoint(links);
        return new Ended(ended, isWhole ? into.view(links) : into.view());
    }

    StoredRow[] rows() {
        return rows;
    }

    /** So far. */
    long bytes() {
        return written;
    }

    void close() {
        for (StoredRow row : rows) {
            row.flushAt = StoredRow.NO_FLUSH;
            row.isInFlush = false;
        }
        files.close();
    }

    private void beginGroup() {
        int start = groupEnd;
        int number = rows[start].group;
        while (groupEnd < rows.length && rows[groupEnd].group == number) {
            groupEnd++;
        }
        group = new Item[groupEnd - start];
        for (int i = 0; i < group.length; i++) {
            group[i] = new Item(start + i, rowKey(rows[start + i]));
        }
        Arrays.sort(group, (a, b) -> Arrays.compareUnsigned(a.key(), b.key()));
        at = 0;
    }

    private byte[] rowKey(StoredRow row) {
        keyBytes.clear();
        keyBytes.writeShort((short) row.group);
        keyBytes.writeByte(row.isPart() ? RocksKeys.PART : RocksKeys.ROW);
        codec.writeKey(row.key, keyBytes);
        return keyBytes.toByteArray();
    }

    private void write(Item item) throws IOException {
        StoredRow row = rows[item.place()];
        byte[] image = images[item.place()];
        byte[] value;
        int length;
        if (image == null) {
            valueBytes.clear();
            writeValue(row);
            value = valueBytes.array();
            length = valueBytes.length();
            row.flushAt = StoredRow.NO_FLUSH;
        } else {
            value = image;
            length = image.length;
            images[item.place()] = null;
        }
        worked += WORK_PER_ROW + length;
        if (length == 0) {
            remove(row, item.key());
            return;
        }
        long hash = RocksKeys.hash(value, length);
        if (length == row.storedLength && hash == row.storedHash) {
            return; // It was only read, or is again what it was.
        }
        files.put(item.key(), item.key().length, value, length);
        written += item.key().length + length;
        int before = row.storedLength < 0 ? 0 : item.key().length + row.storedLength;
        groupBytes[row.group - range.first()] += item.key().length + length - before;
        row.storedLength = length;
        row.storedHash = hash;
        firstTimers.readBackwards(value, length);
        becomeDue(row, item.key());
    }

    private void remove(StoredRow row, byte[] key) throws IOException {
        if (row.storedLength < 0) {
            return;
        }
        files.delete(key);
        written += key.length;
        groupBytes[row.group - range.first()] -= key.length + row.storedLength;
        row.storedLength = -1;
        firstTimers.clear();
        becomeDue(row, key);
    }

    /** As the row at hand is. */
    private void becomeDue(StoredRow row, byte[] key) {
        int keyLength = key.length - RocksKeys.ROW_PREFIX;
        for (TimeDomain domain : DOMAINS) {
            long before = row.storedDue.of(domain);
            long millis = firstTimers.of(domain);
            if (millis == before) {
                continue;
            }
            if (before != Long.MAX_VALUE) {
                noLongerDue.add(RocksKeys.due(row.group, domain, before, key, RocksKeys.ROW_PREFIX, keyLength));
            }
            if (millis != Long.MAX_VALUE) {
                due.add(RocksKeys.due(row.group, domain, millis, key, RocksKeys.ROW_PREFIX, keyLength));
            }
            row.storedDue.set(domain, millis);
        }
    }

    /** Answers nothing; a row that has nothing has no bytes. */
    private void writeValue(StoredRow row) {
        codec.writeRow(row, valueBytes, firstTimers);
        if (valueBytes.length() > 0) {
            RocksKeys.endValue(valueBytes, firstTimers);
        }
    }

    private void writeDue() throws IOException {
        due.sort(Arrays::compareUnsigned);
        noLongerDue.sort(Arrays::compareUnsigned);
        int removed = 0;
        for (byte[] each : due) {
            while (removed < noLongerDue.size() && Arrays.compareUnsigned(noLongerDue.get(removed), each) < 0) {
                files.delete(noLongerDue.get(removed++));
            }
            files.put(each, each.length, RocksKeys.NO_VALUE, 0);
            written += each.length;
            worked += WORK_PER_ROW;
        }
        while (removed < noLongerDue.size()) {
            files.delete(noLongerDue.get(removed++));
        }
        due.clear();
        noLongerDue.clear();
    }
}
