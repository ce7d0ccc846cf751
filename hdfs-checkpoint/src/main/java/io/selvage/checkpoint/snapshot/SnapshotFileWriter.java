package io.selvage.checkpoint.snapshot;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoreOutput;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread of a task executor's upload pool. Packs what the executor's subtasks put into one checkpoint into
 * one file; a checkpoint without state leaves no file. If it may, it keeps what is little in memory, and makes the file
 * only once it is not: what is acknowledged is what {@link #settled} says.
 *
 * <p>No handle may be acknowledged before {@link #finish()} has returned. A writer that is closed without it deletes
 * its file.
 */
public final class SnapshotFileWriter implements Closeable {
    static final long MAGIC = 0x5356_4348_4B50_5431L; // "SVCHKPT1"

    private final DurableStore store;
    private final String path;
    private final String file;
    private final int mostInMemory;
    /** What would be in the file after its head, while there is none. */
    private final ByteArrayOutputStream inMemory = new ByteArrayOutputStream();

    private @Nullable StoreOutput out;
    private long position = Long.BYTES;
    private boolean finished;

    /** @param path that nobody else writes: see {@link CheckpointLayout#dataFile} */
    public SnapshotFileWriter(DurableStore store, String path) {
        this(store, path, 0);
    }

    /** @param mostInMemory so many bytes in all need no file */
    public SnapshotFileWriter(DurableStore store, String path, int mostInMemory) {
        this.store = store;
        this.path = path;
        this.file = store.qualify(path);
        this.mostInMemory = mostInMemory;
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
        if (mostInMemory == 0) {
            opened();
        }
        Counting counting = new Counting();
        source.writeTo(counting);
        SegmentHandle handle = new SegmentHandle(file, position, counting.length, (int) counting.crc.getValue());
        position += counting.length;
        return handle;
    }

    private void put(byte[] bytes, int offset, int count) throws IOException {
        if (out == null && inMemory.size() + count <= mostInMemory) {
            inMemory.write(bytes, offset, count);
        } else {
            opened().write(bytes, offset, count);
        }
    }

    /** Owned by the writer. */
    private final class Counting extends OutputStream {
        private final CRC32C crc = new CRC32C();
        private long length;

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            put(bytes, offset, count);
            crc.update(bytes, offset, count);
            length += count;
        }
    }

    /**
     * Returns once all that was appended is on the disks of the replicas; answers the file's length in bytes, 0 if
     * there is none.
     */
    public long finish() throws IOException {
        if (out != null) {
            out.commit();
        }
        finished = true;
        return out == null ? 0 : position;
    }

    /** A segment as it can be acknowledged, once this has {@link #finish finished}: in the file, or in place. */
    public SegmentHandle settled(SegmentHandle segment) {
        if (!finished) {
            throw new IllegalStateException(file + " is not finished");
        }
        if (out != null) {
            return segment;
        }
        ByteString content = ByteString.copyFrom(
                inMemory.toByteArray(), Math.toIntExact(segment.offset() - Long.BYTES), (int) segment.length());
        return new SegmentHandle("", 0, segment.length(), segment.crc32c(), content);
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
            inMemory.writeTo(to);
            inMemory.reset();
        }
        return to;
    }
}
