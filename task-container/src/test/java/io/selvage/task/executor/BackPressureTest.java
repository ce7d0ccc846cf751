package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How long checkpoints take while aggregators are slower than sources: half a millisecond for each element. */
class BackPressureTest {
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(450);

    @TempDir
    Path directory;

    @Test
    @Timeout(120)
    void checkpointsAreQuickWhereQueuesAreBoundedByTimeOrOvertaken() throws Exception {
        Duration unbounded = median("unbounded", "1h", "1h");
        Duration bounded = median("bounded", "1h", "100ms");
        Duration overtaken = median("overtaken", "0s", "1h");
        System.out.println("Half of the checkpoints took under back-pressure at most: aligned, behind full queues "
                + unbounded + "; aligned, behind 100 ms of work " + bounded + "; overtaking full queues " + overtaken);
        assertThat(bounded.multipliedBy(2)).isLessThan(unbounded);
        assertThat(overtaken.multipliedBy(2)).isLessThan(unbounded);
    }

    private Duration median(String name, String alignedTimeout, String inFlightTarget) throws Exception {
        EventSource source = new EventSource(12, 1000, 50, 300);
        String job = "job-pressed-" + name;
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve(name).toUri()), new Configuration());
        try (ScriptedMaster master = new ScriptedMaster(
                List.of(ExactlyOnceTest.slowGraph(source, job, 3, 2, PAUSE_NANOS)),
                job,
                store,
                directory.resolve(name),
                2)) {
            master.settings = Map.of(
                    JobConfig.ALIGNED_TIMEOUT.name(), alignedTimeout,
                    JobConfig.IN_FLIGHT_TARGET.name(), inFlightTarget);
            master.run(new SplittableRandom(1), 0, () -> {});
            assertThat(Ledger.of(job).rows()).isEqualTo(ExactlyOnceTest.expected(source));
            Collections.sort(master.durationsNanos);
            return Duration.ofNanos(master.durationsNanos.get(master.durationsNanos.size() / 2));
        }
    }
}
