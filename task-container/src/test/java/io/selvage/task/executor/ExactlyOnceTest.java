package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.TumblingWindows;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.wire.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole job on executors in this process, with real threads, sockets and files, against a sequential oracle. */
class ExactlyOnceTest {
    private static final Map<String, AtomicBoolean> FAIL_ONCE = new ConcurrentHashMap<>();
    private static final Map<String, Mapped> MAPPED = new ConcurrentHashMap<>();
    private static final long WINDOW_MILLIS = 1000;

    /** What the function of a pipeline has been called with, and by which threads. */
    record Mapped(AtomicLong count, Set<Thread> threads) {}

    @TempDir
    Path directory;

    record Sum(long count, long sum) {}

    /** @param pauseNanos for each element */
    record Summing(long pauseNanos) implements AggregateFunction<EventSource.Event, Sum, Sum> {
        @Override
        public Sum create() {
            return new Sum(0, 0);
        }

        @Override
        public Sum add(Sum accumulator, EventSource.Event event) {
            if (pauseNanos > 0) {
                LockSupport.parkNanos(pauseNanos);
            }
            return new Sum(accumulator.count() + 1, accumulator.sum() + event.value());
        }

        @Override
        public Sum result(Sum accumulator) {
            return accumulator;
        }
    }

    /** Passes on its input, and throws when it is told to. */
    record Doubling(String name) implements MapFunction<EventSource.Event, EventSource.Event> {
        @Override
        public EventSource.Event map(EventSource.Event event) {
            Mapped mapped = MAPPED.get(name);
            if (mapped != null) {
                mapped.count().incrementAndGet();
                mapped.threads().add(Thread.currentThread());
            }
            AtomicBoolean fail = FAIL_ONCE.get(name);
            if (fail != null && fail.compareAndSet(true, false)) {
                throw new IllegalStateException("told to throw");
            }
            return new EventSource.Event(event.key(), event.timeMillis(), 2 * event.value());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhateverFails(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-once-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = graph(source, name, 1 + random.nextInt(3), 1 + random.nextInt(3), 25_000);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store, directory, 1)) {
            master.run(random, 12, () -> FAIL_ONCE.get(name).set(true), () -> master.completed > 3);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations, " + master.adoptions + " adoptions");
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    /** Whoever changes bytes between executors has the job start anew, and neither changes a record nor reads one. */
    @ParameterizedTest
    @ValueSource(ints = {71, 72, 73, 74})
    @Timeout(120)
    void everyRecordTakesEffectOnceAlthoughEncryptedBytesAreChanged(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-damaged-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        JobGraph graph = graph(source, name, 2, 2, 25_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 0, true)) {
            master.kinds = EnumSet.of(ScriptedMaster.Fault.DAMAGE);
            master.run(random, 8, () -> {}, () -> master.completed > 3);
            System.out.println("seed " + seed + ": " + master.damaged() + " bytes changed, " + master.completed
                    + " checkpoints, " + master.restarts + " incarnations");
            assertThat(master.damaged()).isGreaterThan(2);
            assertThat(master.restarts).as("deployments").isGreaterThan(2);
            assertThat(master.wasHeard(name)).as("what the job is called").isFalse();
            assertThat(master.wasHeard("key-12")).as("a key").isFalse();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    @ParameterizedTest
    @CsvSource({
        "11,heap,hdfs,64k",
        "12,heap,hdfs,64k",
        "13,heap,hdfs,64k",
        "14,heap,hdfs,64k",
        "15,rocksdb,hdfs,64k",
        "16,rocksdb,hdfs,64k",
        "17,rocksdb,hdfs,64k",
        "18,heap,memory,1m",
        "19,heap,memory,4k",
        "20,rocksdb,memory,1m"
    })
    @Timeout(120)
    void everyRecordTakesEffectOnceOnSeveralExecutors(int seed, String backend, String storage, String limit)
            throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        EventSource source = new EventSource(12, 2500, 50, 300);
        String name = "job-once-" + seed;
        FAIL_ONCE.put(name, new AtomicBoolean());
        int parallelism = 2 + random.nextInt(2);
        JobGraph graph = graph(source, name, parallelism, parallelism, 25_000);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store, directory, 2, 1)) {
            master.settings = Map.of(
                    JobConfig.STATE_BACKEND.name(), backend,
                    JobConfig.CHECKPOINT_STORAGE.name(), storage,
                    JobConfig.CHECKPOINT_MEMORY_LIMIT.name(), limit);
            master.run(random, 12, () -> FAIL_ONCE.get(name).set(true));
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations, " + master.adoptions + " adoptions");
        }
        if (backend.equals("heap") && limit.equals("1m")) {
            assertThat(dataFiles()).as("all of it is in the metadata").isEmpty();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    private List<Path> dataFiles() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("root"))) {
            return files.filter(file -> file.toString().endsWith(".data")).toList();
        }
    }

    /** And with several: at least one of the rows of each window has counted all of its elements. */
    @ParameterizedTest
    @CsvSource({"81,heap", "82,heap", "83,rocksdb"})
    @Timeout(120)
    void noRecordIsLostWhereBarriersAreOnlyCounted(int seed, String backend) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-counted-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = graph(source, name, 3, 2, 25_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 1)) {
            master.settings =
                    Map.of(JobConfig.STATE_BACKEND.name(), backend, JobConfig.CHECKPOINT_MODE.name(), "at-least-once");
            master.run(random, 12, () -> FAIL_ONCE.get(name).set(true), () -> master.completed > 3);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations");
        }
        Map<String, Sum> most = new TreeMap<>();
        for (String row : Ledger.of(name).rows()) {
            most.merge(windowOf(row), sumOf(row), ExactlyOnceTest::most);
        }
        List<String> expected = expected(source);
        for (String row : expected) {
            Sum sum = most.getOrDefault(windowOf(row), new Sum(0, 0));
            assertThat(sum.count())
                    .as("elements counted for %s", row)
                    .isGreaterThanOrEqualTo(sumOf(row).count());
            assertThat(sum.sum())
                    .as("their sum for %s", row)
                    .isGreaterThanOrEqualTo(sumOf(row).sum());
        }
        assertThat(most).hasSize(expected.size());
    }

    private static Sum most(Sum one, Sum other) {
        return new Sum(Math.max(one.count(), other.count()), Math.max(one.sum(), other.sum()));
    }

    private static String windowOf(String row) {
        String[] parts = row.split(" ");
        return parts[0] + " " + parts[1];
    }

    private static Sum sumOf(String row) {
        String[] parts = row.split(" ");
        return new Sum(Long.parseLong(parts[2]), Long.parseLong(parts[3]));
    }

    /** More with {@code -Dselvage.test.losses=1000}. */
    @ParameterizedTest
    @CsvSource({"41,heap", "42,heap", "43,rocksdb"})
    @Timeout(600)
    void survivorsAndStandbysGoOnFromWhatTheyHold(int seed, String backend) throws Exception {
        boolean isOnDisk = backend.equals("rocksdb"); // And waits for it.
        int faults = Integer.getInteger("selvage.test.losses", 40) / (isOnDisk ? 4 : 1);
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-losses-" + seed;
        EventSource source = new EventSource(12, 300 * faults, 50, 300).heldBy(name);
        int executors = 2 + seed % 2;
        JobGraph graph = graph(source, name, executors, executors, isOnDisk ? 3_000 : 50_000);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store, directory, executors, 1)) {
            master.settings = overtaking(backend, seed == 42 ? "0s" : "5s", seed);
            long startNanos = System.nanoTime();
            master.runLosing(random, faults);
            System.out.println("seed " + seed + ": " + master.losses + " losses, " + master.rewound
                    + " restarts without one, " + master.completed + " checkpoints, " + master.kept + " states kept, "
                    + master.taken + " taken over, " + Duration.ofNanos(System.nanoTime() - startNanos));
            assertThat(master.losses).isGreaterThan(faults / 2);
            assertThat(master.taken).as("one for each loss").isEqualTo(master.losses);
            assertThat(master.kept)
                    .as("all others")
                    .isEqualTo((long) (executors - 1) * master.losses + (long) executors * master.rewound);
            assertThat(master.declined).isEmpty();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    @ParameterizedTest
    @ValueSource(ints = {21, 22, 23})
    @Timeout(120)
    void everyRecordTakesEffectOnceWithAnotherNumberOfAggregatorsAtEveryRestart(int seed) throws Exception {
        String name = "job-once-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        runAtEveryParallelism(
                seed,
                source,
                List.of(
                        graph(source, name, 2, 3, 25_000),
                        graph(source, name, 2, 1, 25_000),
                        graph(source, name, 2, 2, 25_000),
                        graph(source, name, 2, 5, 25_000)),
                seed == 23 ? "rocksdb" : "heap");
    }

    /** The next checkpoint holds what an aborted one has stored, and it is there when the job goes back to it. */
    @ParameterizedTest
    @CsvSource({"121,heap", "122,heap", "123,rocksdb", "124,rocksdb"})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhereCheckpointsBuildOnAbortedOnes(int seed, String backend) throws Exception {
        String name = "job-aborted-" + seed;
        // Most keys do not change between two cuts.
        EventSource source = new EventSource(12, 2500, 2000, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = graph(source, name, 2, 2, 6_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 1)) {
            master.settings = Map.of(JobConfig.STATE_BACKEND.name(), backend);
            master.abortsOften = new SplittableRandom(seed);
            master.run(
                    new SplittableRandom(seed),
                    6,
                    () -> FAIL_ONCE.get(name).set(true),
                    () -> master.builtOnAborted > 0);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.builtOnAborted + " of them built on aborted ones, " + master.restarts + " incarnations");
            assertThat(master.declined).noneMatch(reason -> reason.contains("too old to be known"));
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    /** What a cut is added to is known, whichever completions its subtask has not heard of yet. */
    @ParameterizedTest
    @CsvSource({"131,heap,false", "132,heap,true", "133,rocksdb,false"})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhereExecutorsHearTheMasterLate(int seed, String backend, boolean isAborted)
            throws Exception {
        String name = "job-late-" + seed;
        EventSource source = new EventSource(12, 1000, 2000, 300).heldBy(name);
        JobGraph graph = graph(source, name, 2, 2, 6_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2)) {
            master.settings = Map.of(JobConfig.STATE_BACKEND.name(), backend);
            master.slowLinks = new SplittableRandom(seed);
            master.abortsOften = isAborted ? new SplittableRandom(seed) : null;
            master.run(new SplittableRandom(seed), 0, () -> {}, () -> master.completed > 60);
            System.out.println("seed " + seed + ": " + master.completed + " checkpoints");
            assertThat(master.declined).isEmpty();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    /** Readers that take over others' splits read them in another order: no element may be late for that. */
    @ParameterizedTest
    @ValueSource(ints = {31, 32, 33})
    @Timeout(120)
    void everyRecordTakesEffectOnceWithAnotherNumberOfReadersAtEveryRestart(int seed) throws Exception {
        String name = "job-once-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 12 * 2500 * (int) EventSource.STEP_MILLIS).heldBy(name);
        runAtEveryParallelism(
                seed,
                source,
                List.of(
                        graph(source, name, 3, 2, 25_000),
                        graph(source, name, 1, 1, 25_000),
                        graph(source, name, 2, 4, 25_000)),
                seed == 33 ? "rocksdb" : "heap");
    }

    private void runAtEveryParallelism(int seed, EventSource source, List<JobGraph> graphs, String backend)
            throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = graphs.get(0).name();
        FAIL_ONCE.put(name, new AtomicBoolean());
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(graphs, name, store, directory, 1 + seed % 2)) {
            master.settings = Map.of(JobConfig.STATE_BACKEND.name(), backend);
            master.run(random, 12, () -> FAIL_ONCE.get(name).set(true), () -> master.completed > 3);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations");
            assertThat(master.restarts).as("incarnations").isGreaterThan(graphs.size());
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    /**
     * Two pipelines in one job, of which the first one's function throws, again and again: with seed 159 at its first
     * element.
     */
    @ParameterizedTest
    @ValueSource(ints = {51, 52, 53, 54, 159})
    @Timeout(120)
    void aPipelineThatIsNotHitReadsNothingTwice(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-parts-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        int parallelism = 1 + seed % 2;
        JobGraph graph = twoPipelines(source, name, parallelism, 10_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, parallelism)) {
            master.restartsParts = true;
            master.kinds = EnumSet.of(ScriptedMaster.Fault.FUNCTION_THROWS, ScriptedMaster.Fault.ABORT_CHECKPOINT);
            // On a machine that is held up, several orders to throw may have been one: then there are more.
            master.run(random, 24, () -> FAIL_ONCE.get(name).set(true), () -> {
                if (master.partialRestarts <= 2) {
                    FAIL_ONCE.get(name).set(true);
                }
                return master.partialRestarts > 2;
            });
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations, " + master.partialRestarts + " of one pipeline alone");
            assertThat(master.partialRestarts)
                    .as(
                            "restarts of one pipeline alone, of all that came of %s",
                            master.failures.stream().map(Failure::getMessage).toList())
                    .isGreaterThan(2)
                    .isEqualTo(master.restarts - 1);
            assertThat(master.declined).noneMatch(reason -> reason.contains("too old to be known"));
        }
        Mapped second = MAPPED.get(name + "-second");
        assertThat(second.count().get()).isEqualTo(source.count());
        assertThat(second.threads()).hasSize(parallelism);
        assertThat(MAPPED.get(name).count().get()).isGreaterThan(source.count());
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
        assertThat(Ledger.of(name + "-second").rows()).isEqualTo(expected(source));
    }

    /** The second pipeline is whole on the first executor: it is the loss of another one that does not hit it. */
    @ParameterizedTest
    @ValueSource(ints = {61, 62, 63, 64, 65, 66})
    @Timeout(120)
    void everyRecordTakesEffectOnceInBothPipelinesWhateverFails(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        EventSource source = new EventSource(12, 2500, 50, 300);
        String name = "job-parts-" + seed;
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = twoPipelines(source, name, 1 + seed % 2, 25_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 1)) {
            master.restartsParts = true;
            master.run(random, 16, () -> FAIL_ONCE.get(name).set(true));
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations, " + master.partialRestarts + " of one pipeline alone");
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
        assertThat(Ledger.of(name + "-second").rows()).isEqualTo(expected(source));
    }

    /** Savepoints, and stops that are given up, in the midst of whatever else fails. */
    @ParameterizedTest
    @ValueSource(ints = {71, 72, 73, 74})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhateverSavepointsAreTaken(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-savepoints-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = graph(source, name, 2, 2, 25_000);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2)) {
            master.savepoints = random.split();
            master.run(random, 6, () -> FAIL_ONCE.get(name).set(true), () -> master.savepointsTaken > 1);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.savepointsTaken + " savepoints, of which " + master.stopsGivenUp
                    + " were to stop the job");
            assertThat(master.stopsGivenUp).isPositive();
            assertThat(master.savepointsTaken).isGreaterThan(master.stopsGivenUp);
            assertThat(master.declined).noneMatch(reason -> reason.contains("too old to be known"));
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    // ---- barriers that overtake ----------------------------------------------------------------------------------

    /** Of the slow aggregators, for each element: sources could give several times as much. */
    private static final long PAUSE_NANOS = 20_000;

    private static JobGraph slowGraph(EventSource source, String name, int readers, int aggregators) {
        return slowGraph(source, name, readers, aggregators, PAUSE_NANOS);
    }

    static JobGraph slowGraph(EventSource source, String name, int readers, int aggregators, long pauseNanos) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(readers).maxParallelism(16);
        pipeline(env, source, name, readers, aggregators, "", 1_000_000, pauseNanos);
        return env.graph(name);
    }

    /** With every other seed, channels in one process compare what they hand over. */
    private static Map<String, String> overtaking(String backend, String after, int seed) {
        return Map.of(
                JobConfig.STATE_BACKEND.name(),
                backend,
                JobConfig.ALIGNED_TIMEOUT.name(),
                after,
                JobConfig.CHECK_IMMUTABILITY.name(),
                Boolean.toString(seed % 2 == 0));
    }

    private static void report(int seed, ScriptedMaster master) {
        System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, in them "
                + master.overtaken + " subtasks' elements under way, " + master.restarts + " incarnations, "
                + master.adoptions + " adoptions");
    }

    @ParameterizedTest
    @CsvSource({"91,heap,0s", "92,heap,0s", "93,heap,5ms", "94,heap,0s", "95,rocksdb,0s", "96,rocksdb,5ms"})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhereBarriersOvertake(int seed, String backend, String after) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        EventSource source = new EventSource(12, 2500, 50, 300);
        String name = "job-overtaking-" + seed;
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = slowGraph(source, name, 3, 2 + seed % 2);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 1)) {
            master.settings = overtaking(backend, after, seed);
            master.run(random, 12, () -> FAIL_ONCE.get(name).set(true));
            report(seed, master);
            assertThat(master.overtaken).isPositive();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    @ParameterizedTest
    @CsvSource({"101,heap", "102,heap", "103,rocksdb"})
    @Timeout(120)
    void everyRecordTakesEffectOnceWhereBarriersOvertakeAndTheParallelismChanges(int seed, String backend)
            throws Exception {
        String name = "job-overtaking-" + seed;
        EventSource source = new EventSource(12, 2500, 50, 12 * 2500 * (int) EventSource.STEP_MILLIS).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        List<JobGraph> graphs = List.of(
                slowGraph(source, name, 3, 2),
                slowGraph(source, name, 3, 5),
                slowGraph(source, name, 1, 3),
                slowGraph(source, name, 2, 1));
        try (ScriptedMaster master = new ScriptedMaster(graphs, name, store(), directory, 1 + seed % 2)) {
            master.settings = overtaking(backend, "0s", seed);
            master.run(new SplittableRandom(seed), 12, () -> FAIL_ONCE.get(name).set(true));
            report(seed, master);
            assertThat(master.restarts).isGreaterThan(graphs.size());
            assertThat(master.overtaken).isPositive();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
    }

    @ParameterizedTest
    @CsvSource({"111,heap", "112,heap", "113,rocksdb"})
    @Timeout(120)
    void everyRecordTakesEffectOnceInBothPipelinesWhereBarriersOvertake(int seed, String backend) throws Exception {
        EventSource source = new EventSource(12, 2500, 50, 300);
        String name = "job-overtaking-" + seed;
        FAIL_ONCE.put(name, new AtomicBoolean());
        JobGraph graph = twoPipelines(source, name, 1 + seed % 2, 1_000_000, PAUSE_NANOS);
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph), name, store(), directory, 2, 1)) {
            master.settings = overtaking(backend, "0s", seed);
            master.restartsParts = true;
            master.savepoints = seed == 112 ? new SplittableRandom(seed) : null;
            master.run(new SplittableRandom(seed), 16, () -> FAIL_ONCE.get(name).set(true));
            report(seed, master);
            assertThat(master.overtaken).isPositive();
        }
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(source));
        assertThat(Ledger.of(name + "-second").rows()).isEqualTo(expected(source));
    }

    private DurableStore store() throws Exception {
        return DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
    }

    static JobGraph graph(EventSource source, String name, int readers, int aggregators, double recordsPerSecond) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(readers).maxParallelism(16);
        pipeline(env, source, name, readers, aggregators, "", recordsPerSecond, 0);
        return env.graph(name);
    }

    /** The first one's subtasks are two of each, the second one's so many. */
    static JobGraph twoPipelines(EventSource source, String name, int parallelismOfSecond, double recordsPerSecond) {
        return twoPipelines(source, name, parallelismOfSecond, recordsPerSecond, 0);
    }

    private static JobGraph twoPipelines(
            EventSource source, String name, int parallelismOfSecond, double recordsPerSecond, long pauseNanos) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2).maxParallelism(16);
        pipeline(env, source, name, 2, 2, "", recordsPerSecond, pauseNanos);
        pipeline(env, source, name, parallelismOfSecond, parallelismOfSecond, "-second", recordsPerSecond, pauseNanos);
        return env.graph(name);
    }

    private static void pipeline(
            StreamEnvironment env,
            EventSource source,
            String name,
            int readers,
            int aggregators,
            String suffix,
            double recordsPerSecond,
            long pauseNanos) {
        MAPPED.put(name + suffix, new Mapped(new AtomicLong(), ConcurrentHashMap.newKeySet()));
        env.parallelism(readers);
        var events = env.from(source, "events" + suffix, recordsPerSecond)
                .map(new Doubling(name + suffix))
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(
                        Duration.ofMillis(source.disorderMillis()), EventSource.Event::timeMillis));
        events.keyBy(EventSource.Event::key)
                .window(TumblingWindows.of(Duration.ofMillis(WINDOW_MILLIS)))
                .aggregate(new Summing(pauseNanos), (key, window, sum) -> row(key, window.startMillis(), sum))
                .parallelism(aggregators)
                .uid("sums" + suffix)
                .sinkTo(new Ledger.LedgerSink(name + suffix), "rows" + suffix);
    }

    private static String row(String key, long start, Sum sum) {
        return key + " " + start + " " + sum.count() + " " + sum.sum();
    }

    static List<String> expected(EventSource source) {
        Map<String, Map<Long, Sum>> sums = new TreeMap<>();
        for (int number = 0; number < source.count(); number++) {
            EventSource.Event event = source.event(number);
            sums.computeIfAbsent(event.key(), key -> new TreeMap<>())
                    .merge(
                            event.timeMillis() / WINDOW_MILLIS * WINDOW_MILLIS,
                            new Sum(1, 2 * event.value()),
                            (a, b) -> new Sum(a.count() + b.count(), a.sum() + b.sum()));
        }
        List<String> rows = new ArrayList<>();
        sums.forEach((key, windows) -> windows.forEach((start, sum) -> rows.add(row(key, start, sum))));
        rows.sort(null);
        return rows;
    }
}
