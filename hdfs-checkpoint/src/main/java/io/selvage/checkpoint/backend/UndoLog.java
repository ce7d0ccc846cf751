package io.selvage.checkpoint.backend;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Owned by the backend. What the rows were like that have been touched since a cut: for each its bytes, of which there
 * are none if it had nothing. A row may be named twice; then what was noted first counts.
 */
final class UndoLog {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int LEAST_SPARE_CHUNKS = 64;
    /** Of what was once in use at a time, one part in so many is forgotten with each log that is done with. */
    private static final int FORGOTTEN_SHARE = 16;

    private static final int INITIAL_ROWS = 16;

    /**
     * Owned by the backend. Chunks that logs have done with: about as many are kept as logs have had at a time lately,
     * so that a steady flow of changes allocates none. New ones would live for just long enough to be copied by the
     * garbage collector.
     */
    static final class Pool {
        private final Deque<byte[]> spare = new ArrayDeque<>();
        private int inUse;
        private int most; // In use at a time, lately.

        private byte[] take() {
            inUse++;
            most = Math.max(most, inUse);
            byte[] chunk = spare.poll();
            return chunk == null ? new byte[CHUNK_BYTES] : chunk;
        }

        private void give(List<byte[]> chunks) {
            inUse -= chunks.size();
            chunks.forEach(spare::push);
            while (spare.size() > Math.max(LEAST_SPARE_CHUNKS, most - inUse)) {
                spare.poll();
            }
            most = Math.max(inUse, most - most / FORGOTTEN_SHARE);
        }
    }

    private final Pool pool;
    private final List<byte[]> chunks = new ArrayList<>();
    private byte[] chunk = {}; // The last one.
    private int chunkUsed;
    private Row[] rows = new Row[INITIAL_ROWS];
    private byte[][] imageIn = new byte[INITIAL_ROWS][];
    private int[] imageAt = new int[INITIAL_ROWS];
    private int[] imageLength = new int[INITIAL_ROWS];
    private long[] firstTimers = new long[FirstTimers.COUNT * INITIAL_ROWS];
    private int size;
    private long imageBytes;

    UndoLog(Pool pool) {
        this.pool = pool;
    }

    int size() {
        return size;
    }

    Row row(int index) {
        return rows[index];
    }

    byte[] image(int index) {
        return imageIn[index];
    }

    int imageAt(int index) {
        return imageAt[index];
    }

    /** 0: the row had nothing. */
    int imageLength(int index) {
        return imageLength[index];
    }

    /** Of the image's timers. */
    void readFirstTimers(int index, FirstTimers into) {
        into.copyFrom(firstTimers, index);
    }

    long imageBytes() {
        return imageBytes;
    }

    /** Takes a copy; if it throws, nothing has changed. */
    void add(Row row, byte[] image, int offset, int length, FirstTimers first) {
        if (size == rows.length) {
            grow();
        }
        byte[] into = room(length);
        int at = into == chunk ? chunkUsed : 0;
        System.arraycopy(image, offset, into, at, length);
        if (into == chunk) {
            chunkUsed += length;
        }
        rows[size] = row;
        imageIn[size] = into;
        imageAt[size] = at;
        imageLength[size] = length;
        first.copyInto(firstTimers, size);
        imageBytes += length;
        size++;
    }

    /** It is not used any more. */
    void free() {
        pool.give(chunks);
        chunks.clear();
        size = 0;
    }

    private byte[] room(int length) {
        if (length <= chunk.length - chunkUsed) {
            return chunk;
        }
        if (length > CHUNK_BYTES / 4) {
            return new byte[length]; // A large row's own.
        }
        chunk = pool.take();
        chunks.add(chunk);
        chunkUsed = 0;
        return chunk;
    }

    private void grow() {
        int length = 2 * rows.length;
        Row[] moreRows = Arrays.copyOf(rows, length);
        byte[][] moreIn = Arrays.copyOf(imageIn, length);
        int[] moreAt = Arrays.copyOf(imageAt, length);
        imageLength = Arrays.copyOf(imageLength, length);
        firstTimers = Arrays.copyOf(firstTimers, FirstTimers.COUNT * length);
        rows = moreRows;
        imageIn = moreIn;
        imageAt = moreAt;
    }
}
