package io.selvage.minicluster.e2e;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Source;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.CoGroupFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.CountTrigger;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.PurgingTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.memory.ElementSource;
import java.time.Duration;

/**
 * One job with a window of each kind and a join of each kind over the same two streams: its arguments are the directory
 * below which each has its output, the records a second of each stream, and the file that lets them go
 * ({@link HeldBack}).
 *
 * <p>Events are functions of their numbers. They come in bursts, of which every third follows so closely on the one
 * before that sessions go on, and up to {@value #DISORDER_MILLIS} ms out of order.
 */
public final class WindowsProgram {
    static final int EVENTS = 12_000;
    static final int KEYS = 40;
    static final long SIZE_MILLIS = 1_000;
    static final long SLIDE_MILLIS = 400;
    static final long GAP_MILLIS = 300;
    static final long LOWER_MILLIS = -60;
    static final long UPPER_MILLIS = 40;
    /** Which the number of a key's events is no multiple of. */
    static final int COUNT = 7;

    private static final int BURST = 200;
    private static final long DISORDER_MILLIS = 80;

    private WindowsProgram() {}

    /** What both streams consist of. */
    public record Event(long number, int key, long timeMillis, long value) {
        static Event of(int stream, long number) {
            long burst = number / BURST;
            long random = mix(number * 2 + stream);
            long time = burst * 1_000
                    - (burst % 3 == 2 ? 450 : 0)
                    + number % BURST * 2
                    + Math.floorMod(random, DISORDER_MILLIS);
            return new Event(number, (int) (number % KEYS), time, Math.floorMod(random >> 8, 1_000));
        }

        private static long mix(long number) {
            long mixed = (number + 1) * 0x9E3779B97F4A7C15L;
            mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
            return mixed ^ mixed >>> 31;
        }
    }

    /** Of some events. */
    public record Sum(long count, long sum) {
        Sum plus(Sum other) {
            return new Sum(count + other.count, sum + other.sum);
        }
    }

    /** Adds them up. */
    public record Summing() implements AggregateFunction<Event, Sum, Sum> {
        @Override
        public Sum create() {
            return new Sum(0, 0);
        }

        @Override
        public Sum add(Sum accumulator, Event event) {
            return accumulator.plus(new Sum(1, event.value()));
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

    /** Two events that belong together. */
    public static final class Pairing extends ProcessJoinFunction<Event, Event, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Event left, Event right, Context context, Collector<String> out) {
            out.collect(pair(left, right));
        }
    }

    /** What each stream has in a window. */
    public static final class Grouping implements CoGroupFunction<Event, Event, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void coGroup(
                Iterable<Event> first,
                Iterable<Event> second,
                ProcessWindowFunction.Context context,
                Collector<String> out) {
            Sum ofFirst = new Sum(0, 0);
            Sum ofSecond = new Sum(0, 0);
            int key = -1;
            for (Event each : first) {
                key = each.key();
                ofFirst = ofFirst.plus(new Sum(1, each.value()));
            }
            for (Event each : second) {
                key = each.key();
                ofSecond = ofSecond.plus(new Sum(1, each.value()));
            }
            out.collect(group(key, ofFirst, ofSecond));
        }
    }

    static String pair(Event left, Event right) {
        return left.key() + " " + left.number() + " " + right.number();
    }

    static String group(int key, Sum first, Sum second) {
        return key + " " + first.count() + " " + first.sum() + " " + second.count() + " " + second.sum();
    }

    static String row(int key, long start, long end, Sum sum) {
        return key + " " + start + " " + end + " " + sum.count() + " " + sum.sum();
    }

    public static void main(String[] arguments) {
        String folder = arguments[0];
        double rate = Double.parseDouble(arguments[1]);
        StreamEnvironment env = StreamEnvironment.create();
        String letGo = arguments[2];
        DataStream<Event> events = stream(env, 0, rate, letGo);
        DataStream<Event> others = stream(env, 1, rate, letGo);
        Duration size = Duration.ofMillis(SIZE_MILLIS);

        windowed(events, TumblingWindows.of(size), "tumbling", folder);
        windowed(events, SlidingWindows.of(size, Duration.ofMillis(SLIDE_MILLIS)), "sliding", folder);
        windowed(events, SessionWindows.withGap(Duration.ofMillis(GAP_MILLIS)), "session", folder);
        sink(
                events.keyBy(Event::key)
                        .window(GlobalWindows.create())
                        .trigger(PurgingTrigger.of(CountTrigger.of(COUNT)))
                        .aggregate(new Summing(), (key, window, sum) -> row(key, 0, 0, sum)),
                "global",
                folder);
        sink(
                events.rebalance()
                        .map(event -> event)
                        .keyBy(Event::key)
                        .window(TumblingWindows.of(size))
                        .twoStage()
                        .aggregate(
                                new Summing(),
                                (key, window, sum) -> row(key, window.startMillis(), window.endMillis(), sum)),
                "two-stage",
                folder);
        sink(
                events.keyBy(Event::key)
                        .intervalJoin(others.keyBy(Event::key))
                        .between(Duration.ofMillis(LOWER_MILLIS), Duration.ofMillis(UPPER_MILLIS))
                        .process(new Pairing()),
                "interval-join",
                folder);
        sink(
                events.join(others)
                        .where(Event::key)
                        .equalTo(Event::key)
                        .window(TumblingWindows.of(size))
                        .apply(WindowsProgram::pair),
                "window-join",
                folder);
        sink(
                events.coGroup(others)
                        .where(Event::key)
                        .equalTo(Event::key)
                        .window(TumblingWindows.of(size))
                        .apply(new Grouping()),
                "co-group",
                folder);
        env.execute("windows");
    }

    private static DataStream<Event> stream(StreamEnvironment env, int stream, double rate, String letGo) {
        Source<Event, Integer> events = ElementSource.generate(Event.class, EVENTS, number -> Event.of(stream, number));
        return env.from(new HeldBack<>(events, rate, letGo), "events-" + stream)
                .assignTimestamps(
                        WatermarkStrategy.boundedOutOfOrderness(Duration.ofMillis(DISORDER_MILLIS), Event::timeMillis));
    }

    private static void windowed(DataStream<Event> events, WindowAssigner windows, String kind, String folder) {
        sink(
                events.keyBy(Event::key)
                        .window(windows)
                        .aggregate(
                                new Summing(),
                                (key, window, sum) -> row(key, window.startMillis(), window.endMillis(), sum)),
                kind,
                folder);
    }

    private static void sink(DataStream<String> rows, String kind, String folder) {
        rows.uid(kind).sinkTo(FileSink.text(folder + "/" + kind), kind + "-rows");
    }
}
