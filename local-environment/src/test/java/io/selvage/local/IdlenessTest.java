package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TumblingWindows;
import io.selvage.connector.memory.ElementSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reader whose split has nothing for a long time, beside one that goes on. */
@Timeout(60)
class IdlenessTest {
    private static final AtomicInteger FAILURES = new AtomicInteger();

    /** Numbers without an end, and a split in which nothing ever comes. */
    record OneSilent(ElementSource<Long> numbers) implements Source<Long, Integer> {
        private static final int SILENT = 1;

        @Override
        public Serde<Long> serde() {
            return Serdes.of(Long.class);
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) throws Exception {
            return ElementSource.of(Long.class).splits(2).planner(context, restored);
        }

        @Override
        public SplitReader<Long> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return split == SILENT ? new Silent() : numbers.reader(0, position, context);
        }
    }

    private static final class Silent implements SplitReader<Long> {
        @Override
        public Status read(SourceOutput<Long> out, int maxElements) {
            return Status.IDLE;
        }

        @Override
        public byte[] position() {
            return new byte[] {0};
        }
    }

    static final class Counting<T> implements AggregateFunction<T, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long accumulator, T element) {
            return accumulator + 1;
        }

        @Override
        public Long result(Long accumulator) {
            return accumulator;
        }
    }

    private static CollectSink<Long> count(StreamEnvironment env, WatermarkStrategy<Long> strategy) {
        CollectSink<Long> counts = CollectSink.of(Long.class);
        env.from(new OneSilent(ElementSource.endless(Long.class, number -> number)), "numbers", 2_000)
                .assignTimestamps(strategy)
                .map(number -> {
                    if (number == 700 && FAILURES.getAndIncrement() == 0) {
                        throw new IllegalStateException("once");
                    }
                    return number;
                })
                .keyBy(number -> "all")
                .window(TumblingWindows.of(Duration.ofMillis(100)))
                .aggregate(new Counting<Long>(), (key, window, count) -> count)
                .uid("counts")
                .sinkTo(counts, "out");
        return counts;
    }

    private static LocalEnvironment local() {
        return LocalEnvironment.builder()
                .parallelism(2)
                .set("selvage.checkpoint.interval", "50ms")
                .set("selvage.restart.delay", "10ms")
                .start();
    }

    @Test
    void windowsFireAlthoughAReaderHasNothingBeforeAndAfterARestart() {
        FAILURES.set(0);
        try (LocalEnvironment local = local()) {
            StreamEnvironment env = local.streams();
            CollectSink<Long> counts = count(
                    env,
                    WatermarkStrategy.<Long>monotonousTimestamps(number -> number)
                            .withIdleness(Duration.ofMillis(100)));
            LocalJob job = local.submit(env.graph("counts"));
            while (counts.results().size() < 15) {
                job.checkpoint();
            }
            assertThat(job.cancel().getRestarts()).isEqualTo(1);
            assertThat(counts.results()).containsOnly(100L);
        }
    }

    @Test
    void withoutIdlenessTheyWait() {
        FAILURES.set(1);
        try (LocalEnvironment local = local()) {
            StreamEnvironment env = local.streams();
            CollectSink<Long> counts = count(env, WatermarkStrategy.monotonousTimestamps(number -> number));
            LocalJob job = local.submit(env.graph("counts"));
            while (job.describe().getRecordsRead() < 500) {
                job.checkpoint();
            }
            job.checkpoint();
            assertThat(counts.results()).isEmpty();
        }
    }
}
