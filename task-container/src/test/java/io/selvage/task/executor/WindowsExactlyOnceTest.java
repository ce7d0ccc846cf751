package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.WindowedStream;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.ContinuousTrigger;
import io.selvage.api.window.PurgingTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import io.selvage.task.executor.EventSource.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A job of each kind of window and of join, on executors in this process, whatever fails and with another parallelism
 * at every restart, against a sequential oracle.
 */
class WindowsExactlyOnceTest {
    private static final Map<String, AtomicBoolean> FAIL_ONCE = new ConcurrentHashMap<>();
    private static final long SIZE = 1000;
    private static final long SLIDE = 300;
    private static final long GAP = 600;
    private static final long LOWER = -200;
    private static final long UPPER = 300;

    /** What is run. */
    enum Kind {
        SLIDING,
        SESSION,
        /** Gives its result in parts, of which it is not known where they are cut: their sums are compared. */
        EARLY,
        /** Of windows, it is not known which elements come to which: their sums are compared. */
        PROCESSING_TIME,
        INTERVAL_JOIN,
        WINDOW_JOIN
    }

    @TempDir
    Path directory;

    record Sum(long count, long sum) {
        Sum plus(Sum other) {
            return new Sum(count + other.count, sum + other.sum);
        }

        static Sum of(Event event) {
            return new Sum(1, event.value());
        }
    }

    record Summing() implements AggregateFunction<Event, Sum, Sum> {
        @Override
        public Sum create() {
            return new Sum(0, 0);
        }

        @Override
        public Sum add(Sum accumulator, Event event) {
            return accumulator.plus(Sum.of(event));
        }

        @Override
        public Sum result(Sum accumulator) {
            return accumulator;
        }

        @Override
        public Sum merge(Sum accumulator, Sum other) {
            return accumulator.plus(other);
        }
    }

    /** Throws when it is told to. */
    record Passing(String name) implements MapFunction<Event, Event> {
        @Override
        public Event map(Event event) {
            AtomicBoolean fail = FAIL_ONCE.get(name);
            if (fail != null && fail.compareAndSet(true, false)) {
                throw new IllegalStateException("told to throw");
            }
            return event;
        }
    }

    static final class Pairing extends ProcessJoinFunction<Event, Event, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Event left, Event right, Context context, Collector<String> out) {
            out.collect(pair(left, right));
        }
    }

    private static String pair(Event left, Event right) {
        return left.key() + " " + left.timeMillis() + " " + left.value() + " " + right.timeMillis() + " "
                + right.value();
    }

    private static String row(String key, long start, long end, Sum sum) {
        return key + " " + start + " " + end + " " + sum.count() + " " + sum.sum();
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({
        "SLIDING,1,heap",
        "SLIDING,2,rocksdb",
        "SESSION,3,heap",
        "SESSION,4,rocksdb",
        "EARLY,5,heap",
        "EARLY,6,rocksdb",
        "PROCESSING_TIME,7,heap",
        "PROCESSING_TIME,8,rocksdb",
        "INTERVAL_JOIN,9,heap",
        "INTERVAL_JOIN,10,rocksdb",
        "WINDOW_JOIN,11,heap",
        "WINDOW_JOIN,12,rocksdb"
    })
    @Timeout(120)
    void everyElementTakesEffectOnceWhateverFails(Kind kind, int seed, String backend) throws Exception {
        String name = "job-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + seed;
        EventSource source = new EventSource(12, 1200, 50, 300).heldBy(name);
        FAIL_ONCE.put(name, new AtomicBoolean());
        List<JobGraph> graphs = IntStream.of(2, 3, 1, 5)
                .mapToObj(parallelism -> graph(kind, source, name, parallelism))
                .toList();
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(graphs, name, store, directory, 1 + seed % 2)) {
            master.settings = Map.of(JobConfig.STATE_BACKEND.name(), backend);
            master.run(new SplittableRandom(seed), 12, () -> FAIL_ONCE.get(name).set(true), () -> master.completed > 2);
            System.out.println(kind + " " + seed + ": " + master.injected + ", " + master.completed + " checkpoints, "
                    + master.restarts + " incarnations");
            assertThat(master.restarts).as("incarnations").isGreaterThan(1);
        }
        assertThat(comparable(kind, Ledger.of(name).rows())).isEqualTo(comparable(kind, expected(kind, source)));
    }

    private static JobGraph graph(Kind kind, EventSource source, String name, int parallelism) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2).maxParallelism(16);
        DataStream<Event> events = events(env, source, name, "events", 12_000);
        DataStream<String> rows = switch (kind) {
            case SLIDING -> sums(events, SlidingWindows.of(Duration.ofMillis(SIZE), Duration.ofMillis(SLIDE)), false);
            case SESSION -> sums(events, SessionWindows.withGap(Duration.ofMillis(GAP)), false);
            case EARLY -> sums(events, TumblingWindows.of(Duration.ofMillis(SIZE)), true);
            case PROCESSING_TIME ->
                sums(
                        events,
                        SlidingWindows.of(Duration.ofMillis(40), Duration.ofMillis(20))
                                .inProcessingTime(),
                        false);
            case INTERVAL_JOIN ->
                events.keyBy(Event::key)
                        .intervalJoin(
                                events(env, source, name, "others", 12_000).keyBy(Event::key))
                        .between(Duration.ofMillis(LOWER), Duration.ofMillis(UPPER))
                        .process(new Pairing());
            case WINDOW_JOIN ->
                events.join(events(env, source, name, "others", 12_000))
                        .where(Event::key)
                        .equalTo(Event::key)
                        .window(TumblingWindows.of(Duration.ofMillis(SIZE)))
                        .apply(WindowsExactlyOnceTest::pair);
        };
        rows.parallelism(parallelism).uid("windows").sinkTo(new Ledger.LedgerSink(name), "rows");
        return env.graph(name);
    }

    private static DataStream<Event> events(
            StreamEnvironment env, EventSource source, String name, String uid, double rate) {
        return env.from(source, uid, rate)
                .map(new Passing(name))
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(
                        Duration.ofMillis(source.disorderMillis()), Event::timeMillis));
    }

    private static DataStream<String> sums(DataStream<Event> events, WindowAssigner windows, boolean isEarly) {
        WindowedStream<Event, String> windowed = events.keyBy(Event::key).window(windows);
        if (isEarly) {
            windowed.trigger(PurgingTrigger.of(ContinuousTrigger.everyEventTime(Duration.ofMillis(250))));
        }
        return windowed.aggregate(
                new Summing(), (key, window, sum) -> row(key, window.startMillis(), window.endMillis(), sum));
    }

    // ---- the oracle ----------------------------------------------------------------------------------------------

    /** Of those that are known in parts only: what they add up to. */
    private static List<String> comparable(Kind kind, List<String> rows) {
        if (kind != Kind.EARLY && kind != Kind.PROCESSING_TIME) {
            return rows;
        }
        Map<String, Sum> sums = new TreeMap<>();
        for (String each : rows) {
            String[] parts = each.split(" ");
            String of = kind == Kind.EARLY ? parts[0] + " " + parts[1] : parts[0];
            sums.merge(of, new Sum(Long.parseLong(parts[3]), Long.parseLong(parts[4])), Sum::plus);
        }
        return sums.entrySet().stream()
                .map(each -> each.getKey() + " " + each.getValue())
                .toList();
    }

    private static List<String> expected(Kind kind, EventSource source) {
        Map<String, List<Event>> byKey = new TreeMap<>();
        for (int number = 0; number < source.count(); number++) {
            Event event = source.event(number);
            byKey.computeIfAbsent(event.key(), key -> new ArrayList<>()).add(event);
        }
        List<String> rows = new ArrayList<>();
        byKey.forEach((key, events) -> {
            events.sort(Comparator.comparingLong(Event::timeMillis));
            switch (kind) {
                case SLIDING -> slidingRows(key, events, SIZE, SLIDE, rows);
                case EARLY -> slidingRows(key, events, SIZE, SIZE, rows);
                // Each element is in two windows.
                case PROCESSING_TIME -> {
                    for (Event event : events) {
                        rows.add(row(key, 0, 0, Sum.of(event).plus(Sum.of(event))));
                    }
                }
                case SESSION -> sessionRows(key, events, rows);
                case INTERVAL_JOIN, WINDOW_JOIN -> pairRows(kind, events, rows);
            }
        });
        rows.sort(null);
        return rows;
    }

    private static void slidingRows(String key, List<Event> events, long size, long slide, List<String> rows) {
        Map<Long, Sum> sums = new TreeMap<>();
        for (Event event : events) {
            long last = event.timeMillis() - Math.floorMod(event.timeMillis(), slide);
            for (long start = last; start > event.timeMillis() - size; start -= slide) {
                sums.merge(start, Sum.of(event), Sum::plus);
            }
        }
        sums.forEach((start, sum) -> rows.add(row(key, start, start + size, sum)));
    }

    private static void sessionRows(String key, List<Event> events, List<String> rows) {
        long start = events.get(0).timeMillis();
        long end = start;
        Sum sum = new Sum(0, 0);
        for (Event event : events) {
            if (sum.count() > 0 && event.timeMillis() > end) {
                rows.add(row(key, start, end, sum));
                start = event.timeMillis();
                sum = new Sum(0, 0);
            }
            end = event.timeMillis() + GAP;
            sum = sum.plus(Sum.of(event));
        }
        rows.add(row(key, start, end, sum));
    }

    private static void pairRows(Kind kind, List<Event> events, List<String> rows) {
        for (Event left : events) {
            for (Event right : events) {
                long ahead = right.timeMillis() - left.timeMillis();
                boolean isPair = kind == Kind.INTERVAL_JOIN
                        ? ahead >= LOWER && ahead <= UPPER
                        : left.timeMillis() / SIZE == right.timeMillis() / SIZE;
                if (isPair) {
                    rows.add(pair(left, right));
                }
            }
        }
    }
}
