package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.selvage.api.AsyncDataStream;
import io.selvage.api.BroadcastStream;
import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessFunction;
import io.selvage.api.function.ResultFuture;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.state.BroadcastState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.TumblingWindows;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Jobs of steps with several inputs and outputs, and of steps that ask for answers, on executors in this process,
 * against a sequential oracle.
 */
class StepsOnceTest {
    private static final Map<String, AtomicBoolean> FAIL_ONCE = new ConcurrentHashMap<>();
    private static final ScheduledExecutorService ANSWERING = Executors.newScheduledThreadPool(2, task -> {
        Thread thread = new Thread(task, "answering");
        thread.setDaemon(true);
        return thread;
    });
    /** Only the end of event time comes so late. */
    private static final long END_MILLIS = 1_000_000_000_000_000L;

    private static final OutputTag<EventSource.Event> TENS = new OutputTag<>("tens", EventSource.Event.class);
    private static final MapStateDescriptor<String, Long> RULES =
            new MapStateDescriptor<>("rules", String.class, Long.class);

    @TempDir
    Path directory;

    /** Tens go aside; throws when it is told to. */
    static final class Sorting extends ProcessFunction<EventSource.Event, EventSource.Event> {
        private static final long serialVersionUID = 1L;
        private final String name;
        private final long pauseNanos;

        Sorting(String name, long pauseNanos) {
            this.name = name;
            this.pauseNanos = pauseNanos;
        }

        @Override
        public void process(EventSource.Event event, Context context, Collector<EventSource.Event> out) {
            failIfTold(name);
            if (pauseNanos > 0) {
                LockSupport.parkNanos(pauseNanos);
            }
            if (event.value() % 10 == 0) {
                context.output(TENS, event);
            } else {
                out.collect(event);
            }
        }
    }

    private static void failIfTold(String name) {
        AtomicBoolean fail = FAIL_ONCE.get(name);
        if (fail != null && fail.compareAndSet(true, false)) {
            throw new IllegalStateException("told to throw");
        }
    }

    /** Sums up what each input has for a key, until event time ends. */
    static final class Summing extends KeyedCoProcessFunction<String, EventSource.Event, EventSource.Event, String> {
        private static final long serialVersionUID = 1L;
        private transient ReducingState<Long> others;
        private transient ReducingState<Long> tens;

        @Override
        public void openState(StateAccess states) {
            others = states.reducing(new ReducingStateDescriptor<>("others", Long.class, Long::sum));
            tens = states.reducing(new ReducingStateDescriptor<>("tens", Long.class, Long::sum));
        }

        @Override
        public void process1(EventSource.Event event, Context<String> context, Collector<String> out) throws Exception {
            others.add(event.value());
            context.registerEventTimeTimer(END_MILLIS);
        }

        @Override
        public void process2(EventSource.Event event, Context<String> context, Collector<String> out) throws Exception {
            tens.add(event.value());
            context.registerEventTimeTimer(END_MILLIS);
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            out.collect("sums of " + context.key() + " " + others.value() + " " + tens.value());
        }
    }

    /** Counts a key's elements, and says at the end of event time what all rules were together. */
    static final class Ruling
            extends KeyedBroadcastProcessFunction<String, EventSource.Event, EventSource.Event, String> {
        private static final long serialVersionUID = 1L;
        private transient ReducingState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.reducing(new ReducingStateDescriptor<>("count", Long.class, Long::sum));
        }

        @Override
        public void process(EventSource.Event event, ReadOnlyContext<String> context, Collector<String> out)
                throws Exception {
            count.add(1L);
            context.registerEventTimeTimer(END_MILLIS);
        }

        @Override
        public void processBroadcast(
                EventSource.Event rule, BroadcastProcessFunction.Context context, Collector<String> out) {
            BroadcastState<String, Long> rules = context.broadcastState(RULES);
            Long before = rules.get(rule.key());
            rules.put(rule.key(), before == null ? rule.value() : before + rule.value());
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            Map<String, Long> rules = new TreeMap<>();
            context.broadcastState(RULES).entries().forEach(rule -> rules.put(rule.getKey(), rule.getValue()));
            out.collect("rules of " + context.key() + " " + count.value() + " " + rules);
        }
    }

    private static JobGraph graph(
            String name, EventSource events, EventSource rules, int readers, int others, long pauseNanos) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(readers).maxParallelism(16);
        double rate = pauseNanos > 0 ? 1_000_000 : 15_000;
        DataStream<EventSource.Event> first = timed(env.from(events, "first", rate), events);
        DataStream<EventSource.Event> second = timed(env.from(events, "second", rate), events);
        DataStream<EventSource.Event> rule = timed(env.from(rules, "rules", rate / 20), rules);
        env.parallelism(others);
        DataStream<EventSource.Event> sorted = first.shuffle()
                .filter(event -> true)
                .union(
                        second.rescale().filter(event -> true),
                        first.partitionCustom((key, parallelism) -> key.length() % parallelism, EventSource.Event::key)
                                .filter(event -> event.value() % 10 == 0))
                .rebalance()
                .process(new Sorting(name, pauseNanos));
        DataStream<String> sums = sorted.keyBy(EventSource.Event::key)
                .connect(sorted.sideOutput(TENS).keyBy(EventSource.Event::key))
                .process(new Summing())
                .uid("sums");
        BroadcastStream<EventSource.Event> broadcast = rule.broadcast(RULES);
        sorted.keyBy(EventSource.Event::key)
                .connect(broadcast)
                .process(new Ruling())
                .uid("ruled")
                .union(sums)
                .sinkTo(new Ledger.LedgerSink(name), "rows");
        return env.graph(name);
    }

    private static DataStream<EventSource.Event> timed(DataStream<EventSource.Event> stream, EventSource source) {
        return stream.assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(
                Duration.ofMillis(source.disorderMillis()), EventSource.Event::timeMillis));
    }

    private static List<String> expected(EventSource events, EventSource rules) {
        Map<String, Long> allRules = new TreeMap<>();
        for (int number = 0; number < rules.count(); number++) {
            allRules.merge(rules.event(number).key(), rules.event(number).value(), Long::sum);
        }
        Map<String, long[]> byKey = new TreeMap<>(); // Count and sum of others, sum of tens.
        for (int number = 0; number < events.count(); number++) {
            EventSource.Event event = events.event(number);
            long[] of = byKey.computeIfAbsent(event.key(), key -> new long[3]);
            if (event.value() % 10 == 0) {
                of[2] += 3 * event.value();
            } else {
                of[0] += 2;
                of[1] += 2 * event.value();
            }
        }
        List<String> rows = new ArrayList<>();
        byKey.forEach((key, of) -> {
            rows.add("sums of " + key + " " + of[1] + " " + of[2]);
            rows.add("rules of " + key + " " + of[0] + " " + allRules);
        });
        rows.sort(null);
        return rows;
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"1,heap,5s", "2,heap,0s", "3,heap,0s", "4,rocksdb,5s", "5,rocksdb,0s"})
    @Timeout(120)
    void everyRecordTakesEffectOnceAtEachInput(int seed, String backend, String after) throws Exception {
        boolean overtakes = after.equals("0s");
        String name = "job-steps-" + seed;
        EventSource events = new EventSource(12, overtakes ? 1000 : 2000, 50, 300).heldBy(name);
        EventSource rules = new EventSource(6, 100, 5, 300);
        JobGraph graph = graph(name, events, rules, 2, 2 + seed % 2, overtakes ? 20_000 : 0);
        run(seed, List.of(graph), backend, after, 2, 1);
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(events, rules));
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"11,heap,5s", "12,heap,0s", "13,heap,0s", "14,rocksdb,0s"})
    @Timeout(120)
    void everyRecordTakesEffectOnceAtEachInputWhateverTheParallelism(int seed, String backend, String after)
            throws Exception {
        // Readers that take over others' splits read them in another order: timers are due at the end alone.
        String name = "job-steps-" + seed;
        EventSource events = new EventSource(12, 1000, 50, 300).heldBy(name);
        EventSource rules = new EventSource(6, 100, 5, 300);
        long pauseNanos = after.equals("0s") ? 20_000 : 0;
        run(
                seed,
                List.of(
                        graph(name, events, rules, 2, 3, pauseNanos),
                        graph(name, events, rules, 3, 2, pauseNanos),
                        graph(name, events, rules, 3, 2, pauseNanos), // Restores what it has itself restored.
                        graph(name, events, rules, 1, 1, pauseNanos),
                        graph(name, events, rules, 1, 1, pauseNanos),
                        graph(name, events, rules, 2, 5, pauseNanos)),
                backend,
                after,
                1 + seed % 2,
                0);
        assertThat(Ledger.of(name).rows()).isEqualTo(expected(events, rules));
    }

    private void run(int seed, List<JobGraph> graphs, String backend, String after, int executors, int standbys)
            throws Exception {
        String name = graphs.get(0).name();
        FAIL_ONCE.put(name, new AtomicBoolean());
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(graphs, name, store, directory, executors, standbys)) {
            master.settings = Map.of(JobConfig.STATE_BACKEND.name(), backend, JobConfig.ALIGNED_TIMEOUT.name(), after);
            master.run(new SplittableRandom(seed), 12, () -> FAIL_ONCE.get(name).set(true), () -> master.completed > 0);
            System.out.println("seed " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, in "
                    + "them " + master.overtaken + " subtasks' elements under way, " + master.restarts
                    + " incarnations");
            assertThat(master.restarts).isGreaterThan(1);
            if (after.equals("0s")) {
                assertThat(master.overtaken).isPositive();
            }
        }
    }

    // ---- answers -------------------------------------------------------------------------------------------------

    /** Answers with twice the value, after a while, from another thread. */
    record Asking(String name) implements AsyncFunction<EventSource.Event, EventSource.Event> {
        @Override
        public void asyncInvoke(EventSource.Event event, ResultFuture<EventSource.Event> result) {
            failIfTold(name);
            long micros = Math.floorMod((event.timeMillis() + event.value()) * 0x9E3779B97F4A7C15L >>> 40, 2000);
            ANSWERING.schedule(
                    () -> result.complete(
                            List.of(new EventSource.Event(event.key(), event.timeMillis(), 2 * event.value()))),
                    micros,
                    TimeUnit.MICROSECONDS);
        }
    }

    private static JobGraph askingGraph(String name, EventSource source, boolean ordered, int asking) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2).maxParallelism(16);
        DataStream<EventSource.Event> events = timed(env.from(source, "events", 25_000), source);
        Asking function = new Asking(name);
        Duration timeout = Duration.ofSeconds(60);
        DataStream<EventSource.Event> answers = ordered
                ? AsyncDataStream.orderedWait(events, function, timeout, 50)
                : AsyncDataStream.unorderedWait(events, function, timeout, 50);
        answers.parallelism(asking)
                .uid("asking")
                .keyBy(EventSource.Event::key)
                .window(TumblingWindows.of(Duration.ofSeconds(1)))
                .aggregate(
                        new ExactlyOnceTest.Summing(0),
                        (key, window, sum) -> key + " " + window.startMillis() + " " + sum.count() + " " + sum.sum())
                .uid("sums")
                .sinkTo(new Ledger.LedgerSink(name), "rows");
        return env.graph(name);
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"21,true,5s", "22,false,5s", "23,true,1ms", "24,false,1ms"})
    @Timeout(120)
    void everyAnswerTakesEffectOnce(int seed, boolean ordered, String after) throws Exception {
        String name = "job-answers-" + seed;
        EventSource source = new EventSource(12, 2000, 50, 300).heldBy(name);
        run(seed, List.of(askingGraph(name, source, ordered, 2)), "heap", after, 2, 1);
        assertThat(Ledger.of(name).rows()).isEqualTo(ExactlyOnceTest.expected(source));
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"31,true", "32,false"})
    @Timeout(120)
    void everyAnswerTakesEffectOnceWhateverTheParallelism(int seed, boolean ordered) throws Exception {
        String name = "job-answers-" + seed;
        EventSource source = new EventSource(12, 2000, 50, 12 * 2000 * (int) EventSource.STEP_MILLIS).heldBy(name);
        run(
                seed,
                List.of(
                        askingGraph(name, source, ordered, 2),
                        askingGraph(name, source, ordered, 3),
                        askingGraph(name, source, ordered, 1)),
                "heap",
                "5s",
                1,
                0);
        assertThat(Ledger.of(name).rows()).isEqualTo(ExactlyOnceTest.expected(source));
    }
}
