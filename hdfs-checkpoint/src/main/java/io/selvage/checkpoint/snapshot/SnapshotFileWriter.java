package io.selvage.checkpoint.snapshot;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoreOutput;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread of a task executor's upload pool. Packs what the executor's subtasks put into one checkpoint into
 * one file, which is made with the first byte; a checkpoint without state leaves no file.
 *
 * <p>No handle may be acknowledged before {@link #finish()} has returned. A writer that is closed without it deletes
 * its file.
 */
public final class SnapshotFileWriter implements Closeable {
    static final long MAGIC = 0x5356_4348_4B50_5431L; // "SVCHKPT1"

    private final DurableStore store;
    private final String path;
    private final String file;
    private @Nullable StoreOutput out;
    private long position;
    private boolean finished;

    /** @param path that nobody else writes: see {@link CheckpointLayout#dataFile} */
    public SnapshotFileWriter(DurableStore store, String path) {
        this.store = store;
        this.path = path;
        this.file = store.qualify(path);
    }

    public SegmentHandle append(byte[] bytes) throws IOException {
        return append(bytes, 0, bytes.length);
    }

    public SegmentHandle append(byte[] bytes, int offset, int length) throws IOException {
        return append(out -> out.write(bytes, offset, length));
    }

    /** A segment whose bytes are not all in memory. */
    public interface Source {
        void writeTo(OutputStream out) throws IOException;
    }

    public SegmentHandle append(Source source) throws IOException {
        if (finished) {
            throw new IllegalStateException(file + " is finished");
        }
        Counting counting = new Counting(opened());
        source.writeTo(counting);
        SegmentHandle handle = new SegmentHandle(file, position, counting.length, (int) counting.crc.getValue());
        position += counting.length;
        return handle;
    }

    /** Owned by the writer. */
    private static final class Counting extends OutputStream {
        private final OutputStream out;
        private final CRC32C crc = new CRC32C();
        private long length;

        Counting(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            out.write(bytes, offset, count);
            crc.update(bytes, offset, count);
            length += count;
        }
    }

    /** Returns once all that was appended is on the disks of the replicas; answers the file's length in bytes. */
    public long finish() throws IOException {
        if (out != null) {
            out.commit();
        }
        finished = true;
        return position;
    }

    @Override
    public void close() throws IOException {
        StoreOutput unfinished = out;
        if (finished || unfinished == null) {
            return;
        }
        out = null;
        finished = true;
        try {
            unfinished.close();
        } finally {
            store.delete(path);
        }
    }

    private StoreOutput opened() throws IOException {
        StoreOutput to = out;
        if (to == null) {
            to = store.create(path);
            out = to;
            for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
                to.write((int) (MAGIC >>> shift) & 0xFF);
            }
            position = Long.BYTES;
        }
        return to;
    }
}
