package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.connector.memory.DiscardSink;
import io.selvage.connector.memory.ElementSource;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.VertexDescription;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two sources of one group, of which one could go on and the other has to be waited for. */
@Timeout(120)
class AlignmentTest {
    private static final long DRIFT_MILLIS = 1_000;
    private static final Semaphore MAY_READ = new Semaphore(0);

    /** An endless source of numbers, each its own time of event. */
    private static DataStream<Long> numbers(
            StreamEnvironment env,
            String name,
            WatermarkStrategy<Long> strategy,
            ElementSource.Elements<Long> elements) {
        return env.from(ElementSource.endless(Long.class, elements), name, 50_000)
                .assignTimestamps(strategy);
    }

    private static WatermarkStrategy<Long> alone() {
        return WatermarkStrategy.monotonousTimestamps(number -> number);
    }

    private static WatermarkStrategy<Long> aligned() {
        return alone().withWatermarkAlignment("both", Duration.ofMillis(DRIFT_MILLIS));
    }

    private static long read(JobDescription job, String source) {
        return job.getVerticesList().stream()
                .filter(vertex -> vertex.getName().startsWith("read " + source))
                .mapToLong(VertexDescription::getRecordsOut)
                .sum();
    }

    /** Lets the slow one go on a little at a time, until the one that nobody holds has read so many more. */
    private static JobDescription whileTheFreeReads(LocalJob job, long numbers, JobDescription before)
            throws InterruptedException {
        JobDescription now = before;
        while (read(now, "free") < read(before, "free") + numbers) {
            MAY_READ.release(16);
            Thread.sleep(10);
            now = job.describe();
        }
        return now;
    }

    @Test
    void theFasterWaitsForTheSlowerAndThenGoesOn() throws InterruptedException {
        MAY_READ.drainPermits();
        try (LocalEnvironment local = LocalEnvironment.start()) {
            StreamEnvironment env = local.streams();
            numbers(env, "fast", aligned(), number -> number)
                    .union(numbers(env, "slow", aligned(), number -> {
                        MAY_READ.acquire();
                        return number;
                    }))
                    .union(numbers(env, "free", alone(), number -> number))
                    .rebalance()
                    .sinkTo(new DiscardSink<>(), "out");
            LocalJob job = local.submit(env.graph("aligned"));
            JobDescription before;
            JobDescription seen = job.describe();
            do {
                before = seen;
                seen = whileTheFreeReads(job, 50_000, before);
            } while (read(before, "slow") == 0
                    || read(seen, "fast") - read(before, "fast") > (read(seen, "free") - read(before, "free")) / 10);
            assertThat(read(seen, "fast")).isGreaterThan(read(seen, "slow"));

            MAY_READ.release(100_000_000);
            while (read(job.describe(), "fast") < read(seen, "fast") + 5 * DRIFT_MILLIS) {
                Thread.sleep(10);
            }
            job.cancel();
        }
    }
}
