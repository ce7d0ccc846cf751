package io.selvage.benchmarks;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.sun.management.OperatingSystemMXBean;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/**
 * Keyed state on the disk in one subtask: read a value of a random key, replace it by one of the same size, and take a
 * checkpoint each second; beside it the same look-ups and replacements with RocksDB alone, without checkpoints. JSON
 * lines. Arguments: keys, bytes of a value, MiB of the heap for rows, MiB for RocksDB's cache, seconds, and the most
 * updates a second (0: as many as there can be).
 */
public final class StateOnDisk {
    private static final int MAX_PARALLELISM = 128;
    private static final int ELEMENTS_PER_BATCH = 128;
    private static final int CUT_BYTES_PER_BATCH = 128 * 1024;
    private static final long CUT_NANOS = 1_000_000_000L;

    private final long keys;
    private final int valueBytes;
    private final long rowMib;
    private final long cacheMib;
    private final int seconds;
    private final long mostPerSecond;
    private final Path directory;
    private final SplittableRandom random = new SplittableRandom(1);

    private StateOnDisk(String[] arguments) throws IOException {
        keys = Long.parseLong(arguments[0]);
        valueBytes = Integer.parseInt(arguments[1]);
        rowMib = Long.parseLong(arguments[2]);
        cacheMib = Long.parseLong(arguments[3]);
        seconds = Integer.parseInt(arguments[4]);
        mostPerSecond = Long.parseLong(arguments[5]);
        directory = Files.createTempDirectory("state-on-disk");
    }

    public static void main(String[] arguments) throws Exception {
        String[] defaults = {"1000000", "100", "512", "128", "20", "0"};
        System.arraycopy(arguments, 0, defaults, 0, Math.min(arguments.length, defaults.length));
        StateOnDisk benchmark = new StateOnDisk(defaults);
        try {
            benchmark.alone();
            benchmark.backend();
        } finally {
            MoreFiles.deleteRecursively(benchmark.directory, RecursiveDeleteOption.ALLOW_INSECURE);
        }
        System.exit(0);
    }

    private void report(String what, long updates, long nanos, long cpuNanos, String more) {
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"state-on-disk/%s\",\"keys\":%d,\"value_bytes\":%d,\"rows_mib\":%d,\"cache_mib\":%d,"
                        + "\"updates_per_second\":%d,\"cpu_seconds_per_million\":%.2f%s}%n",
                what,
                keys,
                valueBytes,
                rowMib,
                cacheMib,
                updates * 1_000_000_000L / nanos,
                cpuNanos / 1e3 / updates,
                more);
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    // ---- RocksDB alone -------------------------------------------------------------------------------------------

    private void alone() throws RocksDBException {
        try (Options options = new Options()
                        .setCreateIfMissing(true)
                        .setCompressionType(CompressionType.LZ4_COMPRESSION)
                        .setTableFormatConfig(new BlockBasedTableConfig()
                                .setBlockCache(new LRUCache((cacheMib + rowMib) << 20))
                                .setFilterPolicy(new BloomFilter(10)));
                WriteOptions writing = new WriteOptions().setDisableWAL(true);
                RocksDB database =
                        RocksDB.open(options, directory.resolve("alone").toString())) {
            byte[] value = new byte[valueBytes];
            for (long key = 0; key < keys; key++) {
                database.put(writing, bytes(key), filled(value, key));
            }
            long startNanos = System.nanoTime();
            long cpu = cpuNanos();
            long updates = 0;
            while (System.nanoTime() - startNanos < seconds * 1_000_000_000L) {
                for (int i = 0; i < ELEMENTS_PER_BATCH; i++) {
                    byte[] key = bytes(random.nextLong(keys));
                    int length = database.get(key, value);
                    if (length != valueBytes) {
                        throw new IllegalStateException("a value of " + length + " bytes");
                    }
                    database.put(writing, key, filled(value, updates++));
                }
            }
            report("rocksdb-alone", updates, System.nanoTime() - startNanos, cpuNanos() - cpu, "");
        }
    }

    private static byte[] bytes(long key) {
        return ByteBuffer.allocate(Long.BYTES).putLong(key).array();
    }

    /** Half of it is noise, as with records of a real kind. */
    private byte[] filled(byte[] value, long number) {
        ByteBuffer into = ByteBuffer.wrap(value);
        long noise = number * 0x9e3779b97f4a7c15L;
        for (int at = 0; at + Long.BYTES <= value.length; at += 2 * Long.BYTES) {
            noise ^= noise >>> 29;
            noise *= 0xbf58476d1ce4e5b9L;
            into.putLong(at, noise);
        }
        return value;
    }

    // ---- the backend ---------------------------------------------------------------------------------------------

    private static RowKeyedStateBackend<Long> backend(RocksEnvironment environment, KeyedOrigin origin) {
        return RowKeyedStateBackend.onDisk(
                "benchmark", Serdes.LONG, MAX_PARALLELISM, new KeyGroupRange(0, MAX_PARALLELISM), origin, environment);
    }

    private void backend() throws Exception {
        RocksEnvironment environment = new RocksEnvironment(directory.resolve("state"), cacheMib << 20, rowMib << 20);
        RowKeyedStateBackend<Long> backend = backend(environment, KeyedOrigin.NOTHING);
        ValueState<byte[]> state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        backend.opened();
        for (long key = 0; key < keys; key++) {
            backend.setCurrentKey(key);
            state.update(filled(new byte[valueBytes], key));
        }
        Uploads uploads = new Uploads();
        KeyedCut filledCut = backend.snapshot(1).complete();
        uploads.begin(1, filledCut);
        uploads.await();
        backend.confirm(1);
        uploads.forget();

        List<Long> pauses = new ArrayList<>();
        long startNanos = System.nanoTime();
        long cpu = cpuNanos();
        long nextCut = startNanos + CUT_NANOS;
        long checkpoint = 1;
        long updates = 0;
        long declined = 0;
        KeyedCut writing = null;
        long now = startNanos;
        while (now - startNanos < seconds * 1_000_000_000L) {
            boolean isAhead = mostPerSecond > 0 && updates > mostPerSecond * ((now - startNanos) / 1_000_000) / 1000;
            if (now - nextCut >= 0) {
                nextCut += CUT_NANOS;
                if (writing != null || uploads.isBusy()) {
                    declined++;
                } else {
                    writing = backend.snapshot(++checkpoint);
                }
            }
            if (writing != null && writing.proceed(CUT_BYTES_PER_BATCH)) {
                uploads.begin(checkpoint, writing);
                writing = null;
            }
            if (uploads.isDone()) {
                backend.confirm(uploads.end());
            }
            if (isAhead) {
                if (writing == null) {
                    Thread.sleep(1);
                }
                now = System.nanoTime();
                continue;
            }
            for (int i = 0; i < ELEMENTS_PER_BATCH; i++) {
                backend.setCurrentKey(random.nextLong(keys));
                byte[] value = state.value();
                if (value == null) {
                    throw new IllegalStateException("a key has no value");
                }
                state.update(filled(new byte[valueBytes], updates++));
            }
            long end = System.nanoTime();
            pauses.add(end - now);
            now = end;
        }
        long nanos = System.nanoTime() - startNanos;
        cpu = cpuNanos() - cpu;
        if (writing != null) {
            uploads.begin(checkpoint, writing.complete());
        }
        uploads.await();
        if (uploads.isDone()) {
            backend.confirm(uploads.end());
        }
        report(
                "backend",
                updates,
                nanos,
                cpu,
                String.format(
                        Locale.ROOT,
                        ",\"checkpoints\":%d,\"skipped\":%d,\"bytes_per_changed_byte\":%.2f,"
                                + "\"checkpoint_millis\":{\"median\":%d,\"max\":%d},"
                                + "\"batch_of_128_micros\":{\"p50\":%d,\"p99\":%d,\"p99.9\":%d,\"max\":%d}",
                        uploads.millis.size(),
                        declined,
                        uploads.bytes / (double) (updates * (valueBytes + Long.BYTES)),
                        quantile(uploads.millis, 0.5),
                        quantile(uploads.millis, 1),
                        quantile(pauses, 0.5) / 1000,
                        quantile(pauses, 0.99) / 1000,
                        quantile(pauses, 0.999) / 1000,
                        quantile(pauses, 1) / 1000));
        restore(environment, backend, uploads, checkpoint);
    }

    private static long quantile(List<Long> values, double share) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, (long) (share * sorted.length))];
    }

    private void restore(
            RocksEnvironment environment, RowKeyedStateBackend<Long> backend, Uploads uploads, long checkpoint)
            throws IOException {
        RetainedState left = backend.retain();
        if (left == null) {
            throw new IllegalStateException("nothing is left");
        }
        long rewindNanos = System.nanoTime();
        boolean isRewound = left.tryRewind(checkpoint);
        rewindNanos = System.nanoTime() - rewindNanos;
        left.close();
        long readNanos = System.nanoTime();
        long read = 0;
        RocksReplica replica = new RocksReplica("benchmark", new KeyGroupRange(0, MAX_PARALLELISM), environment);
        for (Uploads.Stored each : uploads.chain) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(each.file()), 1 << 16)) {
                replica.apply(in, Files.size(each.file()), each.checkpoint());
            }
            read += Files.size(each.file());
        }
        RowKeyedStateBackend<Long> restored = backend(environment, replica);
        restored.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        restored.opened();
        readNanos = System.nanoTime() - readNanos;
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"state-on-disk/restore\",\"rewound\":%b,\"rewind_millis\":%d,\"segments\":%d,"
                        + "\"read_bytes\":%d,\"read_millis\":%d}%n",
                isRewound,
                rewindNanos / 1_000_000,
                uploads.chain.size(),
                read,
                readNanos / 1_000_000);
    }

    /** Writes one cut after the other into files, as an upload thread does into HDFS. */
    private final class Uploads {
        private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "upload");
            made.setDaemon(true);
            return made;
        });
        private final List<Stored> chain = new ArrayList<>();
        private final List<Long> millis = new ArrayList<>();
        private long bytes;
        private long checkpoint;
        private long begunNanos;
        private @Nullable KeyedCut cut;
        private @Nullable CompletableFuture<Path> running;

        private record Stored(long checkpoint, Path file) {}

        void begin(long ofCheckpoint, KeyedCut complete) {
            checkpoint = ofCheckpoint;
            cut = complete;
            begunNanos = System.nanoTime();
            running = CompletableFuture.supplyAsync(() -> write(ofCheckpoint, complete), thread);
        }

        private Path write(long ofCheckpoint, KeyedCut complete) {
            Path file = directory.resolve("segment-" + ofCheckpoint);
            try (OutputStream out = Files.newOutputStream(file)) {
                complete.writeTo(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return file;
        }

        boolean isBusy() {
            return running != null;
        }

        boolean isDone() {
            return running != null && running.isDone();
        }

        void await() {
            if (running != null) {
                running.join();
            }
        }

        /** Answers the checkpoint. */
        long end() throws IOException {
            if (running == null || cut == null) {
                throw new IllegalStateException("no upload is under way");
            }
            Path file = running.join();
            long oldest = cut.oldestNeeded();
            chain.removeIf(each -> each.checkpoint() < oldest);
            chain.add(new Stored(checkpoint, file));
            bytes += Files.size(file);
            millis.add((System.nanoTime() - begunNanos) / 1_000_000);
            running = null;
            return checkpoint;
        }

        /** The first one is not counted. */
        void forget() throws IOException {
            end();
            bytes = 0;
            millis.clear();
        }
    }
}
