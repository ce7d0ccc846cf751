package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.rocksdb.EnvOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;

/**
 * Owned by one thread. Writes keys in ascending order, with their values or with the word that they have none, into
 * files that a {@link RocksStore} can take in. None is made before the first key. To end a file waits for the disk,
 * which another thread does for all but the last one.
 */
final class SortedFiles implements AutoCloseable {
    private final RocksEnvironment environment;
    private final Path directory;
    private final String prefix;
    private final List<Path> files = new ArrayList<>();
    private final EnvOptions environmentOptions = new EnvOptions();
    private ByteBuffer key = ByteBuffer.allocateDirect(256);
    private ByteBuffer value = ByteBuffer.allocateDirect(4096);
    private @Nullable SstFileWriter writer;
    private long written; // Bytes of keys and values, into the file at hand.
    /** Of the file before the one at hand; no more wait for the disk, as what they have is outside of the heap. */
    private CompletableFuture<Void> ending = FileWork.none();

    private boolean isFinished;

    /** @param directory that exists */
    SortedFiles(RocksEnvironment environment, Path directory, String prefix) {
        this.environment = environment;
        this.directory = directory;
        this.prefix = prefix;
    }

    void put(byte[] keyBytes, int keyLength, byte[] valueBytes, int valueLength) throws IOException {
        key = filled(key, keyBytes, keyLength);
        value = filled(value, valueBytes, valueLength);
        try {
            current().put(key, value);
            written += keyLength + valueLength;
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    void delete(byte[] keyBytes) throws IOException {
        try {
            current().delete(keyBytes);
            written += keyBytes.length;
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** No more comes; answers the files in their order. */
    List<Path> finish() throws IOException {
        SstFileWriter open = writer;
        if (open != null) {
            writer = null;
            end(open);
        }
        FileWork.joined(ending);
        isFinished = true;
        return List.copyOf(files);
    }

    /** What was not finished is of no use, and deleted. */
    @Override
    public void close() {
        FileWork.awaitEnd(ending); // It writes, until then.
        if (writer != null) {
            writer.close();
            writer = null;
        }
        if (!isFinished) {
            files.forEach(SortedFiles::delete);
        }
        environmentOptions.close();
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It goes with its directory.
        }
    }

    private SstFileWriter current() throws IOException, RocksDBException {
        SstFileWriter open = writer;
        if (open != null && written >= environment.sortedFileBytes()) {
            SstFileWriter full = open;
            FileWork.joined(ending);
            writer = null;
            ending = FileWork.begin(environment.ending(), () -> end(full));
            open = null;
        }
        if (open == null) {
            written = 0;
            Path file = directory.resolve(prefix + "-" + files.size() + ".sst");
            open = new SstFileWriter(environmentOptions, environment.options());
            writer = open;
            open.open(file.toString());
            files.add(file);
        }
        return open;
    }

    private void end(SstFileWriter full) throws IOException {
        try (full) {
            full.finish();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    private static ByteBuffer filled(ByteBuffer buffer, byte[] bytes, int length) {
        ByteBuffer into = buffer;
        if (into.capacity() < length) {
            into = ByteBuffer.allocateDirect(Math.max(length, 2 * into.capacity()));
        }
        into.clear();
        into.put(bytes, 0, length);
        into.flip();
        return into;
    }

    private IOException failed(RocksDBException e) {
        return LocalDiskException.of("be written to", directory, e);
    }
}
