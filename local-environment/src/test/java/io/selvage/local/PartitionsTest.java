package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.window.TumblingWindows;
import io.selvage.connector.memory.ElementSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that are in order each, and far apart in event time: with a watermark for each, nothing is late. */
@Timeout(120)
class PartitionsTest {
    private static final int PARTITIONS = 5;
    private static final long EVENTS = 1_000; // Of each.
    private static final long WINDOW_MILLIS = 100;
    private static final AtomicInteger FAILURES_LEFT = new AtomicInteger();

    record Event(int partition, long timeMillis) {
        /** Each partition is two hundred windows ahead of the one before. */
        static Event of(long number) {
            int partition = (int) (number % PARTITIONS);
            return new Event(partition, 10 * (number / PARTITIONS) + partition * 200 * WINDOW_MILLIS);
        }
    }

    record Counted(String key, long windowMillis, long count) {}

    record Partitions(ElementSource<Event> events) implements Source<Event, Integer> {
        @Override
        public Serde<Event> serde() {
            return events.serde();
        }

        @Override
        public Serde<Integer> splitSerde() {
            return events.splitSerde();
        }

        @Override
        public boolean readsSideBySide() {
            return true;
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            return events.planner(context, restored);
        }

        @Override
        public SplitReader<Event> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return events.reader(split, position, context);
        }
    }

    private static String key(Event event) {
        return "partition-" + event.partition();
    }

    private static void count(StreamEnvironment env, double perSecond, CollectSink<Counted> out) {
        ElementSource<Event> events = ElementSource.generate(Event.class, PARTITIONS * EVENTS, Event::of)
                .splits(PARTITIONS);
        env.from(new Partitions(events), "events", perSecond)
                .assignTimestamps(WatermarkStrategy.monotonousTimestamps(Event::timeMillis))
                .map(event -> {
                    if (event.timeMillis() % 5_000 == 500
                            && FAILURES_LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                        throw new IllegalStateException("just now");
                    }
                    return event;
                })
                .keyBy(PartitionsTest::key)
                .window(TumblingWindows.of(Duration.ofMillis(WINDOW_MILLIS)))
                .aggregate(
                        new IdlenessTest.Counting<Event>(),
                        (key, window, count) -> new Counted(key, window.startMillis(), count))
                .uid("counts")
                .sinkTo(out, "out");
    }

    private static List<Counted> oracle() {
        List<Counted> all = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long first = Event.of(partition).timeMillis();
            for (long window = first; window < first + 10 * EVENTS; window += WINDOW_MILLIS) {
                all.add(new Counted("partition-" + partition, window, WINDOW_MILLIS / 10));
            }
        }
        return all;
    }

    @Test
    void nothingIsLateWhateverFailsAndHoweverManySubtasksGoOn(@TempDir Path savepoints) {
        FAILURES_LEFT.set(2);
        CollectSink<Counted> counted = CollectSink.of(Counted.class);
        String savepoint;
        try (LocalEnvironment local = local(2).start()) {
            StreamEnvironment env = local.streams();
            count(env, 250, counted); // That would be twenty seconds.
            LocalJob job = local.submit(env.graph("counts"));
            while (job.describe().getRestarts() < 2 || counted.results().isEmpty()) {
                job.checkpoint();
            }
            savepoint = job.stopWithSavepoint(savepoints.toString());
            assertThat(job.describe().getRecordsLate()).isZero();
        }
        assertThat(counted.results()).isNotEmpty().hasSizeLessThan(oracle().size());
        FAILURES_LEFT.set(1);
        try (LocalEnvironment local = local(3).from(savepoint).start()) {
            StreamEnvironment env = local.streams();
            count(env, 0, counted);
            env.execute("counts, wider");
        }
        assertThat(counted.results()).containsExactlyInAnyOrderElementsOf(oracle());
    }

    private static LocalEnvironment.Builder local(int parallelism) {
        return LocalEnvironment.builder()
                .parallelism(parallelism)
                .set("selvage.checkpoint.interval", "20ms")
                .set("selvage.restart.delay", "10ms");
    }

    /**
     * More subtasks than partitions: those without any hold nothing back, although the strategy knows of no idleness.
     * To the end it would be several minutes, and longer than the test may take.
     */
    @Test
    void windowsFireBeforeTheEndAlsoWhereSubtasksHaveNoPartition() {
        FAILURES_LEFT.set(0);
        CollectSink<Counted> counted = CollectSink.of(Counted.class);
        try (LocalEnvironment local = local(PARTITIONS + 2).start()) {
            StreamEnvironment env = local.streams();
            count(env, 25, counted);
            LocalJob job = local.submit(env.graph("counts"));
            while (counted.results().isEmpty()) {
                job.checkpoint();
            }
            job.cancel();
            assertThat(oracle()).containsAll(counted.results());
        }
    }
}
