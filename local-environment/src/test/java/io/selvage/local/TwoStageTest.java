package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.WindowedStream;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.Window;
import io.selvage.api.window.WindowAssigner;
import io.selvage.connector.memory.ElementSource;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Aggregates in two stages give what those in one do, of a stream of which one key has most of the elements. */
@Timeout(60)
class TwoStageTest {
    private static final long ELEMENTS = 20_000;
    private static final long SIZE_MILLIS = 300;
    /** No window fires before the end: whoever then reads both splits is late with neither. */
    private static final Duration EVER = Duration.ofSeconds(100);

    private static final AtomicInteger FAILURES = new AtomicInteger();

    /** Numbers one millisecond apart, and up to fifty out of order. */
    private static long timestampOf(long number) {
        return number - number * 7919 % 50;
    }

    private static long keyOf(long number) {
        return number % 10 < 9 ? 0 : number % 100;
    }

    record Result(long key, long startMillis, long sum) {}

    /** An accumulator that is changed in place. */
    static final class Sum implements AggregateFunction<Long, List<Long>, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<Long> create() {
            return new ArrayList<>(List.of(0L));
        }

        @Override
        public List<Long> add(List<Long> accumulator, Long element) {
            accumulator.set(0, accumulator.get(0) + element);
            return accumulator;
        }

        @Override
        public Long result(List<Long> accumulator) {
            return accumulator.get(0);
        }

        @Override
        public List<Long> merge(List<Long> accumulator, List<Long> other) {
            return add(accumulator, other.get(0));
        }
    }

    /** The same with a number, of a type that the program may change. */
    record NumberSum<A extends Number>(A zero, SerializableBinary<A> plus) implements AggregateFunction<Long, A, Long> {
        @Override
        public A create() {
            return zero;
        }

        @Override
        public A add(A accumulator, Long element) {
            return plus.apply(accumulator, element);
        }

        @Override
        public Long result(A accumulator) {
            return accumulator.longValue();
        }

        @Override
        public A merge(A accumulator, A other) {
            return plus.apply(accumulator, other.longValue());
        }
    }

    interface SerializableBinary<A> extends Serializable {
        A apply(A one, long other);
    }

    private static WindowAssigner windows(boolean sliding) {
        Duration size = Duration.ofMillis(SIZE_MILLIS);
        return sliding ? SlidingWindows.of(size, Duration.ofMillis(200)) : TumblingWindows.of(size);
    }

    private static WindowedStream<Long, Long> windowed(
            StreamEnvironment env, boolean sliding, Duration disorder, double rate) {
        ElementSource<Long> numbers = ElementSource.generate(Long.class, ELEMENTS, number -> number);
        return env.from(numbers.splits(2), "numbers", rate)
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(disorder, TwoStageTest::timestampOf))
                .map(number -> {
                    if (number == ELEMENTS / 3 && FAILURES.getAndIncrement() == 0) {
                        throw new IllegalStateException("once");
                    }
                    return number;
                })
                .keyBy(TwoStageTest::keyOf)
                .window(windows(sliding))
                .twoStage();
    }

    private static CollectSink<Result> collected(DataStream<Result> sums) {
        CollectSink<Result> results = CollectSink.of(Result.class);
        sums.uid("sums").sinkTo(results, "out");
        return results;
    }

    private static Result result(Long key, Window window, Long sum) {
        return new Result(key, window.startMillis(), sum);
    }

    private static List<Result> expected(boolean sliding) {
        long slide = sliding ? 200 : SIZE_MILLIS;
        Map<List<Long>, Long> sums = new HashMap<>();
        for (long number = 0; number < ELEMENTS; number++) {
            long timestamp = timestampOf(number);
            for (long start = Math.floorDiv(timestamp, slide) * slide;
                    start > timestamp - SIZE_MILLIS;
                    start -= slide) {
                sums.merge(List.of(keyOf(number), start), number, Long::sum);
            }
        }
        return sums.entrySet().stream()
                .map(each -> new Result(each.getKey().get(0), each.getKey().get(1), each.getValue()))
                .toList();
    }

    private static LocalEnvironment.Builder local() {
        return LocalEnvironment.builder()
                .set("selvage.checkpoint.interval", "20ms")
                .set("selvage.restart.delay", "10ms");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void windowsGiveWhatTheyDoInOneStage(boolean sliding) {
        for (boolean reduces : List.of(false, true)) {
            FAILURES.set(0);
            try (LocalEnvironment local = local().parallelism(2).start()) {
                StreamEnvironment env = local.streams();
                WindowedStream<Long, Long> windowed = windowed(env, sliding, Duration.ofMillis(100), 20_000);
                CollectSink<Result> results = collected(
                        reduces
                                ? windowed.reduce(Long::sum, TwoStageTest::result)
                                : windowed.aggregate(new Sum(), TwoStageTest::result));
                env.execute("sums");
                assertThat(FAILURES).hasValueGreaterThan(1);
                assertThat(results.results()).containsExactlyInAnyOrderElementsOf(expected(sliding));
            }
        }
    }

    /** On the way, accumulators become of a wider type. */
    @Test
    void whatIsUnderWayGoesOnWithFewerSubtasks(@TempDir Path savepoints) {
        FAILURES.set(1);
        String savepoint;
        try (LocalEnvironment local = local().parallelism(3).start()) {
            StreamEnvironment env = local.streams();
            collected(windowed(env, true, EVER, 5_000)
                    .aggregate(
                            new NumberSum<>(0, (one, other) -> (int) (one + other)),
                            Integer.class,
                            TwoStageTest::result,
                            Result.class));
            LocalJob job = local.submit(env.graph("sums"));
            job.awaitCheckpoints(5);
            savepoint = job.stopWithSavepoint(savepoints.toUri().toString());
        }
        try (LocalEnvironment local = local().parallelism(2).from(savepoint).start()) {
            StreamEnvironment env = local.streams();
            CollectSink<Result> results = collected(windowed(env, true, EVER, 0)
                    .aggregate(
                            new NumberSum<>(0L, (one, other) -> one + other),
                            Long.class,
                            TwoStageTest::result,
                            Result.class));
            env.execute("sums");
            assertThat(results.results()).containsExactlyInAnyOrderElementsOf(expected(true));
        }
    }
}
