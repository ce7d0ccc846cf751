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
    private static final long MANIFEST_BYTES = 1 << 20;
    /** Of keys and values, before these are compressed. */
    private static final long SORTED_FILE_BYTES = 96 << 20;

    private final Path directory;
    private final long rowBytes;
    private final long sortedFileBytes;
    private final AtomicInteger backends = new AtomicInteger();
    private final AtomicLong names = new AtomicLong();
    private final Options options;
    private final Executor ending; // Its queue holds a few tasks for each backend, replica and upload at most.

    /**
     * Loads the library.
     *
     * @param directory local, empty, for all that is written
     * @param blockCacheBytes outside of the heap
     * @param rowBytes of the heap, for the rows in use of all backends
     */
    public RocksEnvironment(Path directory, long blockCacheBytes, long rowBytes) {
        this(directory, blockCacheBytes, rowBytes, SORTED_FILE_BYTES);
    }

    /** @param sortedFileBytes of keys and values: what is more goes into another file */
    RocksEnvironment(Path directory, long blockCacheBytes, long rowBytes, long sortedFileBytes) {
        RocksDB.loadLibrary();
        this.directory = directory;
        this.rowBytes = rowBytes;
        this.sortedFileBytes = sortedFileBytes;
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
                // They would have whoever keeps a restore point wait for compactions.
                .setLevel0SlowdownWritesTrigger(NO_LIMIT)
                .setLevel0StopWritesTrigger(NO_LIMIT)
                .setSoftPendingCompactionBytesLimit(0)
                .setHardPendingCompactionBytesLimit(0)
                .setCompactionStyle(CompactionStyle.UNIVERSAL)
                .setLevel0FileNumCompactionTrigger(FILES_PER_COMPACTION)
                .setTableFormatConfig(table);
    }

    Options options() {
        return options;
    }

    long sortedFileBytes() {
        return sortedFileBytes;
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
