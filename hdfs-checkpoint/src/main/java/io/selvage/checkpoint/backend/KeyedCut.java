package io.selvage.checkpoint.backend;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * What a keyed backend puts into one checkpoint: its state at the moment of the cut, whatever happens to it afterwards.
 * Owned by the subtask's thread, between elements, until {@link #proceed} has answered that it is complete; immutable
 * from then on.
 */
public final class KeyedCut {
    private final long base;
    private final long oldestNeeded;
    private @Nullable Writing writing; // null: complete.
    private @Nullable Content content;

    /** What is left to be done before the segment can be written. */
    interface Writing {
        /** Does a piece of the work that so many bytes make; answers whether all is done. */
        boolean proceed(int bytes);

        /** Once all is done. */
        Content content();
    }

    /** Safe for use by one thread, which need not be the subtask's. */
    @FunctionalInterface
    interface Content {
        /** @throws IOException also if the cut was given up meanwhile */
        void writeTo(OutputStream out) throws IOException;
    }

    KeyedCut(Writing writing, long base, long oldestNeeded) {
        this.writing = writing;
        this.base = base;
        this.oldestNeeded = oldestNeeded;
    }

    /** A complete one. */
    public KeyedCut(byte[] bytes, long base, long oldestNeeded) {
        this.content = out -> out.write(bytes);
        this.base = base;
        this.oldestNeeded = oldestNeeded;
    }

    /**
     * Writes at least so many bytes, if there are as many left; answers whether it is complete.
     *
     * @throws IllegalStateException if it was given up: by an abort, a later cut, or the end of its backend
     */
    public boolean proceed(int bytes) {
        Writing unfinished = writing;
        if (unfinished == null) {
            return true;
        }
        if (!unfinished.proceed(bytes)) {
            return false;
        }
        content = unfinished.content();
        writing = null;
        return true;
    }

    /** Writes all that is left; answers this cut. */
    public KeyedCut complete() {
        while (!proceed(Integer.MAX_VALUE)) {
            // There is more than that.
        }
        return this;
    }

    /** Writes one segment, in the keyed backends' format; once. */
    public void writeTo(OutputStream out) throws IOException {
        Content written = content;
        if (written == null) {
            throw new IllegalStateException("the cut is not complete");
        }
        written.writeTo(out);
    }

    /** The segment. */
    public byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Whether it consists of files, which only a replica on the disk takes in as they are. */
    public boolean isOfFiles() {
        return content instanceof RocksCut;
    }

    /**
     * 0: the segment stands alone; else it is added to what that checkpoint holds of operator and subtask, which is
     * complete, or was aborted and is stored all the same.
     */
    public long base() {
        return base;
    }

    /** Segments of checkpoints below this one need not be applied any more, and are left out. */
    public long oldestNeeded() {
        return oldestNeeded;
    }
}
