package io.selvage.checkpoint.backend;

import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/**
 * Safe for use by many threads: what all databases of a process share. Blocks of files are cached outside of the heap,
 * in one cache; rows in use are objects in the heap, of which each backend has an equal share. It lives as long as its
 * process.
 */
public final class RocksEnvironment {
    private static final double BLOOM_BITS_PER_KEY = 10;
    private static final int BACKGROUND_JOBS = 2;
    private static final int ENDING_THREADS = 2;
    private static final int NO_LIMIT = 1 << 30;
    /** Each of them has keys of all groups: a few more to be asked cost less than to write all of them anew. */
    private static final int FILES_PER_COMPACTION = 8;
    /** The record of a database's files, of which each restore point has a copy, is begun anew when it is as large. */
    private static final long MANIFEST_BYTES = 64 << 10;
    /** Each shard has one open file at least; a few threads read a store. */
    private static final int OPEN_FILE_SHARD_BITS = 2;
    /** Of keys and values, before these are compressed. */
    private static final long SORTED_FILE_BYTES = 96 << 20;
    /** A store of little state has records of its own all the same. */
    private static final long IMAGE_EXTRA_BYTES = 64 << 10;

    private final Path directory;
    private final long rowBytes;
    private final long sortedFileBytes;
    private final long imageExtraBytes;
    private final OpenFileShares openFiles;
    private final AtomicInteger backends = new AtomicInteger();
    private final AtomicLong names = new AtomicLong();
    private final Options options;
    private final Options checking;
    private final Executor ending; // Its queue holds a few tasks for each backend, replica and upload at most.

    /**
     * Loads the library.
     *
     * @param directory local, empty, for all that is written
     * @param blockCacheBytes outside of the heap
     * @param rowBytes of the heap, for the rows in use of all backends
     */
    public RocksEnvironment(Path directory, long blockCacheBytes, long rowBytes) {
        this(directory, blockCacheBytes, rowBytes, SORTED_FILE_BYTES, IMAGE_EXTRA_BYTES, OpenFileShares.ofProcess());
    }

    /**
     * @param sortedFileBytes of keys and values: what is more goes into another file
     * @param imageExtraBytes that an image may have beside a multiple of the state's
     */
    RocksEnvironment(
            Path directory,
            long blockCacheBytes,
            long rowBytes,
            long sortedFileBytes,
            long imageExtraBytes,
            OpenFileShares openFiles) {
        RocksDB.loadLibrary();
        this.directory = directory;
        this.rowBytes = rowBytes;
        this.sortedFileBytes = sortedFileBytes;
        this.imageExtraBytes = imageExtraBytes;
        this.openFiles = openFiles;
        Cache cache = new LRUCache(blockCacheBytes);
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setFilterPolicy(new BloomFilter(BLOOM_BITS_PER_KEY))
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
        ending = Executors.newFixedThreadPool(ENDING_THREADS, task -> {
            Thread thread = new Thread(task, "state-files");
            thread.setDaemon(true);
            return thread;
        });
        // Nothing is ever written into a memory table: databases change by files that are taken in.
        options = new Options()
                .setCreateIfMissing(true)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setMaxBackgroundJobs(BACKGROUND_JOBS)
                .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL)
                .setKeepLogFileNum(1)
                .setStatsDumpPeriodSec(0)
                .setMaxManifestFileSize(MANIFEST_BYTES)
                .setTableCacheNumshardbits(OPEN_FILE_SHARD_BITS)
                // They would have whoever keeps a restore point wait for compactions.
                .setLevel0SlowdownWritesTrigger(NO_LIMIT)
                .setLevel0StopWritesTrigger(NO_LIMIT)
                .setSoftPendingCompactionBytesLimit(0)
                .setHardPendingCompactionBytesLimit(0)
                .setCompactionStyle(CompactionStyle.UNIVERSAL)
                .setLevel0FileNumCompactionTrigger(FILES_PER_COMPACTION)
                .setTableFormatConfig(table);
        checking = new Options().setTableFormatConfig(new BlockBasedTableConfig().setNoBlockCache(true));
    }

    /** Of files that a database takes in. */
    Options options() {
        return options;
    }

    /** About how many files each database may have open. */
    OpenFileShares openFiles() {
        return openFiles;
    }

    /** For who reads a whole file of which nothing is to be kept in the cache. */
    Options checking() {
        return checking;
    }

    long sortedFileBytes() {
        return sortedFileBytes;
    }

    long imageExtraBytes() {
        return imageExtraBytes;
    }

    /**
     * For what waits for the disk, begun in the order in which it is given. Nothing may wait there for what is given
     * later.
     */
    Executor ending() {
        return ending;
    }

    /** A new name in the environment's directory; nothing is there yet. */
    Path newDirectory(String kind) {
        return directory.resolve(kind + "-" + names.incrementAndGet());
    }

    void backendOpened() {
        backends.incrementAndGet();
    }

    void backendClosed() {
        backends.decrementAndGet();
    }

    /** Of the heap, for the rows in use of one backend. */
    long rowBytesOfBackend() {
        return rowBytes / Math.max(1, backends.get());
    }
}
