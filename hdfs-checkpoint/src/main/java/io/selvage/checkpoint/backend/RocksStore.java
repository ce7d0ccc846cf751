package io.selvage.checkpoint.backend;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.selvage.protocol.failure.OpenFileLimit;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.MutableDBOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.SstFileReader;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by one thread at a time; views may be read by another. Bytes by key in a RocksDB database in a local directory,
 * which is deleted with the last use of it. The database changes only by taking in whole sorted files, so that at any
 * time all of it is in files, and a restore point is a set of links to them.
 */
final class RocksStore {
    private static final Logger LOG = LoggerFactory.getLogger(RocksStore.class);
    private static final String TABLE_SUFFIX = ".sst";
    private static final String OPTIONS_PREFIX = "OPTIONS-"; // What a database was opened with; none needs it.
    private static final String LOG_SUFFIX = ".log"; // Of what is in no table yet: nothing ever is, and it is empty.

    private final RocksEnvironment environment;
    private final Path directory;
    private final OpenFileShares.Share openFiles;
    private final Options options;
    private final RocksDB database;
    private final ReadOptions reading = new ReadOptions();
    private final AtomicInteger users = new AtomicInteger(1);
    private final AtomicReference<@Nullable IOException> broken; // By the first that was found; others may have it too.

    private RocksStore(
            RocksEnvironment environment,
            Path directory,
            boolean isNew,
            Opening opening,
            AtomicReference<@Nullable IOException> broken)
            throws IOException {
        this.environment = environment;
        this.directory = directory;
        this.broken = broken;
        this.options = new Options(environment.options()).setCreateIfMissing(isNew);
        this.openFiles = environment.openFiles().take();
        boolean isOpen = false;
        try {
            int files = openFiles.files();
            this.database = opening.open(options.setMaxOpenFiles(files), directory.toString());
            openFiles.opened(files, this::setMostOpen);
            isOpen = true;
        } catch (RocksDBException e) {
            throw failed("be opened in", e);
        } finally {
            if (!isOpen) {
                openFiles.giveBack();
                end();
            }
        }
    }

    /**
     * By any thread. It goes on with what it had if it can't be told, which is no reason to fail for who opens another.
     */
    private void setMostOpen(int files) {
        try {
            database.setDBOptions(
                    MutableDBOptions.builder().setMaxOpenFiles(files).build());
        } catch (RocksDBException e) {
            LOG.warn("How many files {} may have open can't be changed to {}: {}", directory, files, e.toString());
        }
    }

    /** It is not open, or not any more. */
    private void end() {
        reading.close();
        options.close();
        delete(directory);
    }

    /** An empty one. */
    static RocksStore create(RocksEnvironment environment) throws IOException {
        Path directory = LocalDiskException.made(environment.newDirectory("db"));
        return new RocksStore(environment, directory, true, RocksDB::open, new AtomicReference<>());
    }

    /** What there was at a restore point, or is in an image, which stays as it is. */
    static RocksStore at(Path point, RocksEnvironment environment) throws IOException {
        return at(point, environment, RocksDB::open, new AtomicReference<>());
    }

    /** The same, only to be viewed: nothing is compacted. */
    static RocksStore readOnlyAt(Path point, RocksEnvironment environment) throws IOException {
        return at(point, environment, RocksDB::openReadOnly, new AtomicReference<>());
    }

    /** What this one had at a restore point. The files are the same: what is found of them counts for both. */
    RocksStore takenBackTo(Path point) throws IOException {
        return at(point, environment, RocksDB::open, broken);
    }

    private static RocksStore at(
            Path point, RocksEnvironment environment, Opening opening, AtomicReference<@Nullable IOException> broken)
            throws IOException {
        Path directory = environment.newDirectory("db");
        linkAll(filesOf(point), directory);
        return new RocksStore(environment, directory, false, opening, broken);
    }

    private interface Opening {
        RocksDB open(Options options, String path) throws RocksDBException;
    }

    /** Of a restore point, or an image: those that a database needs, in the order of their names. */
    private static List<Path> filesOf(Path point) throws IOException {
        List<Path> needed = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(point)) {
            for (Path file : all) {
                String name = file.getFileName().toString();
                boolean isEmptyLog = name.endsWith(LOG_SUFFIX) && Files.size(file) == 0;
                if (!isEmptyLog && !name.startsWith(OPTIONS_PREFIX)) {
                    needed.add(file);
                }
            }
        }
        needed.sort(null);
        return List.copyOf(needed);
    }

    /** Into a directory that is made; what a database would write to is copied. */
    private static void linkAll(List<Path> files, Path into) throws IOException {
        LocalDiskException.made(into);
        try {
            for (Path file : files) {
                Path target = into.resolve(file.getFileName().toString());
                if (isSorted(target)) {
                    Files.createLink(target, file);
                } else {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            delete(into);
            throw new LocalDiskException("be linked into", into, e);
        }
    }

    RocksEnvironment environment() {
        return environment;
    }

    /** Answers the value's length, of which as much is copied as there is room for; -1: there is none. */
    int get(byte[] key, int keyLength, byte[] into) {
        try {
            return database.get(reading, key, 0, keyLength, into, 0, into.length);
        } catch (RocksDBException e) {
            throw new UncheckedIOException(failed("be read from", e));
        }
    }

    /**
     * Takes in files: what a later one says of a key counts. The files are links from then on, and can go.
     *
     * @param files sorted, from {@link SortedFiles}
     */
    void takeIn(List<Path> files) throws IOException {
        if (files.isEmpty()) {
            return;
        }
        List<String> links = new ArrayList<>();
        for (Path file : files) {
            Path link = file.resolveSibling(file.getFileName() + ".in");
            link(file, link);
            links.add(link.toString());
        }
        try (IngestExternalFileOptions options = new IngestExternalFileOptions()
                .setMoveFiles(true)
                .setSnapshotConsistency(true)
                .setAllowGlobalSeqNo(true)
                .setAllowBlockingFlush(true)
                .setWriteGlobalSeqno(false)) {
            database.ingestExternalFile(links, options);
        } catch (RocksDBException e) {
            throw failed("be taken in, as " + files + ", by", e);
        }
    }

    /** Forgets keys from the first to before the end. */
    void deleteRange(byte[] first, byte[] end) throws IOException {
        try (WriteOptions options = new WriteOptions().setDisableWAL(true);
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions().setWaitForFlush(true)) {
            database.deleteRange(options, first, end);
            database.flush(flush);
        } catch (RocksDBException e) {
            throw failed("be deleted from", e);
        }
    }

    /** Keeps what there is now under a name that does not exist. */
    void makePoint(Path point) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.create(database)) {
            checkpoint.createCheckpoint(point.toString());
        } catch (RocksDBException e) {
            throw failed("be kept as " + point + ", a copy of", e);
        }
    }

    /** The caller closes it. */
    RocksIterator iterator() {
        return database.newIterator(reading);
    }

    /** What there is now, for one reader; it can be read for as long as it is not closed. */
    View view() {
        users.incrementAndGet();
        return new View(null);
    }

    /**
     * The same with an image.
     *
     * @param point made of what there is now
     */
    View view(Path point) throws IOException {
        Path links = environment.newDirectory("image");
        linkAll(filesOf(point), links);
        users.incrementAndGet();
        return new View(new Image(links, filesOf(links)));
    }

    /** All files of the store, which stay for as long as their view is not closed. In a directory, they are a point. */
    record Image(Path directory, List<Path> files) {
        long bytes() throws IOException {
            long bytes = 0;
            for (Path file : files) {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }

    /** With checksums in each of its blocks; else it is one of the database's own records. */
    static boolean isSorted(Path file) {
        return file.toString().endsWith(TABLE_SUFFIX);
    }

    void close() {
        release();
    }

    private void release() {
        if (users.decrementAndGet() == 0) {
            openFiles.giveBack();
            database.close();
            end();
        }
    }

    /** What can't be deleted goes with the container. */
    static void delete(Path directory) {
        try {
            if (Files.exists(directory)) {
                MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
            }
        } catch (IOException e) {
            LOG.warn("{} can't be deleted: {}", directory, e.toString());
        }
    }

    private static void link(Path file, Path link) throws LocalDiskException {
        try {
            Files.deleteIfExists(link);
            Files.createLink(link, file);
        } catch (IOException e) {
            throw new LocalDiskException("be linked as", link, e);
        }
    }

    /**
     * Whether an iterator is at something. What can't be read is not taken for the end.
     *
     * @throws UncheckedIOException if it has come to that
     */
    boolean isValid(RocksIterator each) {
        if (each.isValid()) {
            return true;
        }
        try {
            each.status();
        } catch (RocksDBException e) {
            throw new UncheckedIOException(failed("be read from", e));
        }
        return false;
    }

    private IOException failed(String verb, RocksDBException e) {
        return failed(verb, directory, e);
    }

    private IOException failed(String verb, Path path, RocksDBException e) {
        IOException failed = LocalDiskException.of(verb, path, e);
        if (failed instanceof LocalDamageException) {
            broken.compareAndSet(null, failed);
        }
        return failed;
    }

    /**
     * What an upload can't read, none after it can, unless that was for want of files that may be open, or the file has
     * gone with its cut, which was given up.
     */
    private IOException failedToStore(Path path, RocksDBException e) {
        IOException failed = failed("be read from", path, e);
        if (failed instanceof LocalDiskException) {
            rememberUnlessOfLimit(path, failed, e);
        }
        return failed;
    }

    private void rememberUnlessOfLimit(Path path, IOException failed, @Nullable Throwable said) {
        boolean isOfLimit = said != null
                && OpenFileLimit.in(String.valueOf(said.getMessage())).isPresent();
        if (!isOfLimit && Files.exists(path)) {
            broken.compareAndSet(null, failed);
        }
    }

    /** @throws UncheckedIOException what was found, if a file is not as it was written, or can't be read */
    void requireWhole() {
        IOException known = broken.get();
        if (known != null) {
            throw new UncheckedIOException(known);
        }
    }

    /** Safe for use by many threads: a state of the store that does not change; counted uses, one to begin with. */
    final class View {
        private final Snapshot snapshot = database.getSnapshot();
        private final AtomicInteger uses = new AtomicInteger(1);
        private final @Nullable Image image;

        private View(@Nullable Image image) {
            this.image = image;
        }

        /** null: none was asked for. */
        @Nullable
        Image image() {
            return image;
        }

        /** False: it is gone. Else it must be released once more. */
        boolean tryUse() {
            return uses.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
        }

        void release() {
            if (uses.decrementAndGet() == 0) {
                database.releaseSnapshot(snapshot);
                if (image != null) {
                    delete(image.directory());
                }
                RocksStore.this.release();
            }
        }

        /** Reads all of a sorted file that has some of the store, and compares it with the checksums in it. */
        void verify(Path file) throws IOException {
            try (SstFileReader reader = new SstFileReader(environment.checking())) {
                reader.open(file.toString());
                reader.verifyChecksum();
            } catch (RocksDBException e) {
                throw failedToStore(file, e);
            }
        }

        /** Copies a file that has some of the store. Of what is no table each cut has a copy of its own. */
        void give(Path file, long length, OutputStream out, FileCopy copy) throws IOException {
            try {
                copy.give(file, length, out);
            } catch (LocalDiskException unreadable) {
                if (isSorted(file)) {
                    rememberUnlessOfLimit(file, unreadable, unreadable.getCause());
                }
                throw unreadable;
            } catch (FileCopy.ShortFileException shorter) {
                if (!isSorted(file)) {
                    throw shorter;
                }
                LocalDamageException damage = new LocalDamageException(
                        "be read from",
                        file,
                        new EOFException("it is shorter than it was, by " + shorter.missingBytes() + " bytes or more"));
                rememberUnlessOfLimit(file, damage, damage.getCause());
                throw damage;
            }
        }

        /** Takes all keys from the first to before the end. */
        void scan(byte[] first, byte[] end, Taker taker) throws IOException {
            try (Slice bound = new Slice(end);
                    ReadOptions options = new ReadOptions()
                            .setSnapshot(snapshot)
                            .setFillCache(false)
                            .setIterateUpperBound(bound);
                    RocksIterator each = database.newIterator(options)) {
                for (each.seek(first); each.isValid(); each.next()) {
                    taker.take(each.key(), each.value());
                }
                each.status();
            } catch (RocksDBException e) {
                throw failedToStore(directory, e);
            }
        }
    }

    /** Takes what a store has of a key. */
    interface Taker {
        void take(byte[] key, byte[] value) throws IOException;
    }
}
