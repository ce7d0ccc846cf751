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
    private static final int MOST_SPARE_CHUNKS = 64;
    private static final int INITIAL_ROWS = 16;

    /** Owned by the backend. Chunks that logs have done with. */
    static final class Pool {
        private final Deque<byte[]> spare = new ArrayDeque<>();

        private byte[] take() {
            byte[] chunk = spare.poll();
            return chunk == null ? new byte[CHUNK_BYTES] : chunk;
        }

        private void give(List<byte[]> chunks) {
            for (byte[] chunk : chunks) {
                if (chunk.length == CHUNK_BYTES && spare.size() < MOST_SPARE_CHUNKS) {
                    spare.push(chunk);
                }
            }
        }
    }

    private final Pool pool;
    private final List<byte[]> chunks = new ArrayList<>();
    private byte[] chunk = {}; // The last one, unless that is a large row's own.
    private int chunkUsed;
    private Row[] rows = new Row[INITIAL_ROWS];
    private byte[][] imageIn = new byte[INITIAL_ROWS][];
    private int[] imageAt = new int[INITIAL_ROWS];
    private int[] imageLength = new int[INITIAL_ROWS];
    private long[] firstTimerMillis = new long[INITIAL_ROWS];
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

    /** Of the image's timers; {@link Long#MAX_VALUE}: it has none. */
    long firstTimerMillis(int index) {
        return firstTimerMillis[index];
    }

    long imageBytes() {
        return imageBytes;
    }

    /** Takes a copy; if it throws, nothing has changed. */
    void add(Row row, byte[] image, int offset, int length, long firstTimer) {
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
        firstTimerMillis[size] = firstTimer;
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
        boolean isLarge = length > CHUNK_BYTES / 4;
        byte[] added = isLarge ? new byte[length] : pool.take();
        chunks.add(added);
        if (!isLarge) {
            chunk = added;
            chunkUsed = 0;
        }
        return added;
    }

    private void grow() {
        int length = 2 * rows.length;
        Row[] moreRows = Arrays.copyOf(rows, length);
        byte[][] moreIn = Arrays.copyOf(imageIn, length);
        int[] moreAt = Arrays.copyOf(imageAt, length);
        imageLength = Arrays.copyOf(imageLength, length);
        firstTimerMillis = Arrays.copyOf(firstTimerMillis, length);
        rows = moreRows;
        imageIn = moreIn;
        imageAt = moreAt;
    }
}
