package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/**
 * What a keyed backend puts into one checkpoint: its state at the moment of the cut, whatever happens to it afterwards.
 * Owned by the subtask's thread, between elements, until {@link #proceed} has answered that it is complete; immutable
 * from then on.
 */
public final class KeyedCut {
    private final long base;
    private final long oldestNeeded;
    private @Nullable CutWriter<?> writer; // null: complete.
    private byte[] buffer = {};
    private int length;

    KeyedCut(CutWriter<?> writer, long base, long oldestNeeded) {
        this.writer = writer;
        this.base = base;
        this.oldestNeeded = oldestNeeded;
    }

    /** A complete one. */
    public KeyedCut(byte[] bytes, long base, long oldestNeeded) {
        this.buffer = bytes;
        this.length = bytes.length;
        this.base = base;
        this.oldestNeeded = oldestNeeded;
    }

    /**
     * Writes at least so many bytes, if there are as many left; answers whether it is complete.
     *
     * @throws IllegalStateException if it was given up: by an abort, a later cut, or the end of its backend
     */
    public boolean proceed(int bytes) {
        CutWriter<?> unfinished = writer;
        if (unfinished == null) {
            return true;
        }
        if (!unfinished.proceed(bytes)) {
            return false;
        }
        buffer = unfinished.array();
        length = unfinished.length();
        writer = null;
        return true;
    }

    /** Writes all that is left; answers this cut. */
    public KeyedCut complete() {
        while (!proceed(Integer.MAX_VALUE)) {
            // There is more than that.
        }
        return this;
    }

    /** One segment, in the keyed backends' format. */
    public byte[] bytes() {
        requireComplete();
        if (length == buffer.length) {
            return buffer;
        }
        byte[] exact = new byte[length];
        System.arraycopy(buffer, 0, exact, 0, length);
        return exact;
    }

    /** Of the segment, in bytes. */
    public int length() {
        requireComplete();
        return length;
    }

    /**
     * 0: the segment stands alone; else it is added to what that completed checkpoint holds of operator and subtask.
     */
    public long base() {
        return base;
    }

    /** Segments of checkpoints below this one need not be applied any more, and are left out. */
    public long oldestNeeded() {
        return oldestNeeded;
    }

    private void requireComplete() {
        if (writer != null) {
            throw new IllegalStateException("the cut is not complete");
        }
    }
}
