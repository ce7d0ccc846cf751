package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.type.Serdes;
import io.selvage.connector.memory.ElementSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A slow step stops its source, and what is under way between them does not grow, however long that lasts. */
@Timeout(60)
class BackPressureTest {
    /** Elements: the rings of two channels, and a batch at each of their ends. */
    private static final long MOST_UNDER_WAY = 2 * 1024 + 4 * 128;

    private static final AtomicLong GIVEN = new AtomicLong();
    private static final AtomicLong TAKEN = new AtomicLong();
    private static final Semaphore MAY_TAKE = new Semaphore(0);

    static final class Pass extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            out.collect(element);
        }
    }

    private static void build(StreamEnvironment env) {
        ElementSource<String> source = ElementSource.endless(String.class, number -> {
            GIVEN.incrementAndGet();
            return "element " + number;
        });
        env.from(source, "elements")
                .keyBy(element -> element)
                .process(new Pass(), Serdes.STRING)
                .uid("pass")
                .rebalance()
                .map(element -> {
                    MAY_TAKE.acquire();
                    TAKEN.incrementAndGet();
                    return element;
                })
                .sinkTo(CollectSink.of(String.class), "out");
    }

    @Test
    void aStepThatTakesNothingStopsItsSource() throws InterruptedException {
        try (LocalEnvironment local = LocalEnvironment.builder().parallelism(1).start()) {
            StreamEnvironment env = local.streams();
            build(env);
            LocalJob job = local.submit(env.graph("slow"));
            for (int round = 0; round < 3; round++) {
                awaitPressed(job);
                MAY_TAKE.release(10_000);
                long taken = 10_000L * (round + 1);
                while (TAKEN.get() < taken) {
                    assertBounded();
                    Thread.onSpinWait();
                }
            }
            awaitPressed(job);
            assertThat(TAKEN).hasValue(30_000);
            job.cancel();
        }
    }

    private static void awaitPressed(LocalJob job) throws InterruptedException {
        while (job.describe().getVerticesList().stream().noneMatch(step -> step.getBackPressuredPermille() > 900)) {
            assertBounded();
            Thread.sleep(10);
        }
    }

    /** What is taken meanwhile makes the difference less, never more, than it is. */
    private static void assertBounded() {
        long given = GIVEN.get();
        long taken = TAKEN.get();
        assertThat(given - taken).isLessThanOrEqualTo(MOST_UNDER_WAY);
    }
}
