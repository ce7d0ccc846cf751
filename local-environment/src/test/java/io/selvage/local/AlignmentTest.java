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

    private static DataStream<Long> aligned(StreamEnvironment env, String name, ElementSource.Elements<Long> elements) {
        return env.from(ElementSource.endless(Long.class, elements), name, 50_000)
                .assignTimestamps(WatermarkStrategy.<Long>monotonousTimestamps(number -> number)
                        .withWatermarkAlignment("both", Duration.ofMillis(DRIFT_MILLIS)));
    }

    private static long read(JobDescription job, String source) {
        return job.getVerticesList().stream()
                .filter(vertex -> vertex.getName().startsWith("read " + source))
                .mapToLong(VertexDescription::getRecordsOut)
                .sum();
    }

    /**
     * Lets the slow one go on, and answers once it can be seen that it has: what the fast one has done since can be,
     * too.
     */
    private static JobDescription next(LocalJob job, JobDescription before) throws InterruptedException {
        MAY_READ.release(256);
        JobDescription now = job.describe();
        while (read(now, "slow") <= read(before, "slow")) {
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
            aligned(env, "fast", number -> number)
                    .union(aligned(env, "slow", number -> {
                        MAY_READ.acquire();
                        return number;
                    }))
                    .rebalance()
                    .sinkTo(new DiscardSink<>(), "out");
            LocalJob job = local.submit(env.graph("aligned"));
            JobDescription seen = next(job, job.describe());
            int held =
                    0; // In a row. At its rate the fast one reads thousands from one to the next, if nobody holds it.
            while (held < 3) {
                JobDescription now = next(job, seen);
                held = read(now, "fast") == read(seen, "fast") ? held + 1 : 0;
                seen = now;
            }
            assertThat(read(seen, "fast")).isGreaterThan(read(seen, "slow"));
            MAY_READ.release(100_000_000);
            while (read(job.describe(), "fast") < read(seen, "fast") + 5 * DRIFT_MILLIS) {
                Thread.sleep(10);
            }
            job.cancel();
        }
    }
}
