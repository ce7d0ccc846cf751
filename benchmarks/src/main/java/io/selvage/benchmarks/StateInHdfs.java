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
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoreOutput;
import io.selvage.minicluster.MiniCluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * A whole checkpoint of one subtask's keyed state to HDFS and back, beside what HDFS's own client takes for as many
 * bytes in the same run, synced to the disk block by block as files of checkpoints are; for each backend also how long
 * the subtask's thread pauses while it goes on with 20,000 updates a second. JSON lines. Arguments: keys, bytes of a
 * value, rounds, backends.
 */
public final class StateInHdfs {
    private static final int MAX_PARALLELISM = 128;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, MAX_PARALLELISM);
    private static final int ELEMENTS_PER_BATCH = 128;
    private static final long UPDATES_PER_MILLISECOND = 20;
    private static final int CUT_BYTES_PER_BATCH = 128 * 1024;
    private static final int COPIED_AT_ONCE = 1 << 16;
    private static final long ROW_BYTES = 512L << 20;
    private static final long CACHE_BYTES = 128L << 20;
    private static final int LOOK_MILLIS = 500;
    private static final int MOST_LOOKS = 60;
    private static final long QUIET_NANOS_PER_MILLI = 100_000; // Of one processor.
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final int keys;
    private final int valueBytes;
    private final Path directory;
    private final FileSystem hdfs;
    private final DurableStore store;
    private final SplittableRandom random = new SplittableRandom(1);
    private long plainWriteRate;
    private long plainReadRate;
    private long checkpoint;

    private StateInHdfs(int keys, int valueBytes, Path directory, Configuration configuration) throws IOException {
        this.keys = keys;
        this.valueBytes = valueBytes;
        this.directory = directory;
        this.hdfs = FileSystem.get(configuration);
        this.store = DurableStore.open(new org.apache.hadoop.fs.Path("/state"), configuration);
    }

    public static void main(String[] arguments) throws Exception {
        String[] given = {"1000000", "1000", "3", "heap,rocksdb"};
        System.arraycopy(arguments, 0, given, 0, Math.min(arguments.length, given.length));
        Path directory = Files.createTempDirectory("state-in-hdfs");
        try (MiniCluster cluster =
                MiniCluster.builder(directory.resolve("cluster")).start()) {
            StateInHdfs benchmark = new StateInHdfs(
                    Integer.parseInt(given[0]), Integer.parseInt(given[1]), directory, cluster.hadoopConfiguration());
            for (int round = 0; round < Integer.parseInt(given[2]); round++) {
                benchmark.plain();
                if (given[3].contains("heap")) {
                    benchmark.heap();
                }
                if (given[3].contains("rocksdb")) {
                    benchmark.disk();
                }
            }
        } finally {
            MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
        }
        System.exit(0);
    }

    // ---- HDFS alone ----------------------------------------------------------------------------------------------

    private void plain() throws Exception {
        awaitQuiet();
        long bytes = (long) keys * valueBytes;
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path("/plain");
        byte[] buffer = new byte[COPIED_AT_ONCE];
        fill(buffer, 1);
        long startNanos = System.nanoTime();
        try (var out = hdfs.create(path, true)) {
            write(buffer, bytes, out);
        }
        long unsyncedNanos = System.nanoTime() - startNanos;
        hdfs.delete(path, false);
        startNanos = System.nanoTime();
        try (StoreOutput out = store.create("/plain")) {
            write(buffer, bytes, out);
            out.sync();
        }
        plainWriteRate = rate(bytes, System.nanoTime() - startNanos);
        startNanos = System.nanoTime();
        long read = 0;
        try (var in = hdfs.open(path)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                read += count;
            }
        }
        plainReadRate = rate(read, System.nanoTime() - startNanos);
        hdfs.delete(path, false);
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"state-in-hdfs/plain\",\"bytes\":%d,\"unsynced_write_mb_s\":%d,\"write_mb_s\":%d,"
                        + "\"read_mb_s\":%d}%n",
                bytes,
                rate(bytes, unsyncedNanos),
                plainWriteRate,
                plainReadRate);
    }

    private static void write(byte[] buffer, long bytes, OutputStream out) throws IOException {
        for (long left = bytes; left > 0; left -= buffer.length) {
            out.write(buffer, 0, (int) Math.min(left, buffer.length));
        }
    }

    /** MB a second. */
    private static long rate(long bytes, long nanos) {
        return bytes * 1000 / nanos;
    }

    // ---- the backends --------------------------------------------------------------------------------------------

    private void heap() throws Exception {
        Function<KeyedOrigin, RowKeyedStateBackend<Long>> opened =
                origin -> new RowKeyedStateBackend<>("benchmark", Serdes.LONG, MAX_PARALLELISM, ALL, origin);
        measure("heap", opened, () -> new KeyedReplica("benchmark", ALL));
    }

    private void disk() throws Exception {
        RocksEnvironment environment =
                new RocksEnvironment(directory.resolve("state-" + checkpoint), CACHE_BYTES, ROW_BYTES);
        Function<KeyedOrigin, RowKeyedStateBackend<Long>> opened = origin ->
                RowKeyedStateBackend.onDisk("benchmark", Serdes.LONG, MAX_PARALLELISM, ALL, origin, environment);
        measure("rocksdb", opened, () -> new RocksReplica("benchmark", ALL, environment));
    }

    /** Until nothing of this process works in the background: a store compacts its files for seconds. */
    private static void awaitQuiet() throws InterruptedException {
        long before = PROCESS.getProcessCpuTime();
        long usedNanos = Long.MAX_VALUE;
        for (int i = 0; i < MOST_LOOKS && usedNanos > LOOK_MILLIS * QUIET_NANOS_PER_MILLI; i++) {
            Thread.sleep(LOOK_MILLIS);
            long now = PROCESS.getProcessCpuTime();
            usedNanos = now - before;
            before = now;
        }
    }

    private interface Replicas {
        StateReplica make();
    }

    private void measure(String name, Function<KeyedOrigin, RowKeyedStateBackend<Long>> opened, Replicas replicas)
            throws Exception {
        RowKeyedStateBackend<Long> backend = opened.apply(KeyedOrigin.NOTHING);
        ValueState<byte[]> state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        backend.opened();
        for (long key = 0; key < keys; key++) {
            backend.setCurrentKey(key);
            state.update(fill(new byte[valueBytes], key));
        }
        // What is compared with HDFS alone: nothing else is done meanwhile.
        KeyedCut whole = backend.snapshot(++checkpoint).complete();
        awaitQuiet();
        long writeNanos = System.nanoTime();
        SegmentHandle segment = store(whole);
        writeNanos = System.nanoTime() - writeNanos;
        long readNanos = System.nanoTime();
        RowKeyedStateBackend<Long> restored = restore(segment, opened, replicas.make());
        readNanos = System.nanoTime() - readNanos;
        verify(restored);
        backend.abort(checkpoint, false);
        List<Long> pauses = new ArrayList<>();
        long underUpdatesNanos = cutUnderUpdates(backend, state, pauses);
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"state-in-hdfs/%s\",\"bytes\":%d,\"write_mb_s\":%d,\"of_plain_write\":%.2f,"
                        + "\"read_mb_s\":%d,\"of_plain_read\":%.2f,\"restore_millis\":%d,"
                        + "\"checkpoint_under_updates_millis\":%d,\"pause_micros\":{\"p50\":%d,\"p99\":%d,\"max\":%d}}%n",
                name,
                segment.length(),
                rate(segment.length(), writeNanos),
                (double) rate(segment.length(), writeNanos) / plainWriteRate,
                rate(segment.length(), readNanos),
                (double) rate(segment.length(), readNanos) / plainReadRate,
                readNanos / 1_000_000,
                underUpdatesNanos / 1_000_000,
                quantile(pauses, 0.5),
                quantile(pauses, 0.99),
                quantile(pauses, 1));
        close(backend);
        close(restored);
    }

    private static void close(RowKeyedStateBackend<Long> backend) {
        var left = backend.retain();
        if (left != null) {
            left.close();
        }
    }

    private SegmentHandle store(KeyedCut cut) throws IOException {
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, "segment-" + checkpoint)) {
            SegmentHandle segment = writer.append(cut::writeTo);
            writer.finish();
            return segment;
        }
    }

    private RowKeyedStateBackend<Long> restore(
            SegmentHandle segment, Function<KeyedOrigin, RowKeyedStateBackend<Long>> opened, StateReplica replica)
            throws IOException {
        try (InputStream in = new SegmentReader(store).open(segment)) {
            replica.apply(in, segment.length(), checkpoint);
        }
        store.delete("segment-" + checkpoint);
        return opened.apply(replica);
    }

    private void verify(RowKeyedStateBackend<Long> restored) {
        ValueState<byte[]> state = restored.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        restored.opened();
        for (int i = 0; i < 1000; i++) {
            long key = random.nextLong(keys);
            restored.setCurrentKey(key);
            if (!Arrays.equals(state.value(), fill(new byte[valueBytes], key))) {
                throw new IllegalStateException("key " + key + " has another value");
            }
        }
    }

    /** As a subtask does it: a little of the cut after each batch of elements, and another thread uploads. */
    private long cutUnderUpdates(RowKeyedStateBackend<Long> backend, ValueState<byte[]> state, List<Long> pauses)
            throws Exception {
        long startNanos = System.nanoTime();
        KeyedCut cut = backend.snapshot(++checkpoint);
        pauses.add((System.nanoTime() - startNanos) / 1000);
        boolean isComplete = false;
        long updates = 0;
        while (!isComplete) {
            long due = UPDATES_PER_MILLISECOND * (System.nanoTime() - startNanos) / 1_000_000;
            for (int i = 0; i < ELEMENTS_PER_BATCH && updates < due; i++) {
                long key = random.nextLong(keys);
                backend.setCurrentKey(key);
                state.update(fill(new byte[valueBytes], key));
                updates++;
            }
            long pieceNanos = System.nanoTime();
            isComplete = cut.proceed(CUT_BYTES_PER_BATCH);
            pauses.add((System.nanoTime() - pieceNanos) / 1000);
        }
        CompletableFuture.supplyAsync(() -> {
                    try {
                        return store(cut);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .get();
        store.delete("segment-" + checkpoint);
        return System.nanoTime() - startNanos;
    }

    private static long quantile(List<Long> values, double share) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1, (long) (share * sorted.length))];
    }

    /** Half of it is noise, as with records of a real kind. */
    private static byte[] fill(byte[] value, long number) {
        ByteBuffer into = ByteBuffer.wrap(value);
        long noise = (number + 1) * 0x9e3779b97f4a7c15L;
        for (int at = 0; at + Long.BYTES <= value.length; at += 2 * Long.BYTES) {
            noise ^= noise >>> 29;
            noise *= 0xbf58476d1ce4e5b9L;
            into.putLong(at, noise);
        }
        return value;
    }
}
