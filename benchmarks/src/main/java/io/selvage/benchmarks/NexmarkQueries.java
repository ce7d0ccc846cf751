package io.selvage.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.selvage.examples.nexmark.Nexmark;
import io.selvage.local.LocalEnvironment;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Queries of the benchmark Nexmark in this process: the engine as it is on a cluster, with a checkpoint to this
 * machine's disk each second, and results that are thrown away. Each query runs twice, and first over a quarter of the
 * events, so that it is warm. Prints a JSON line for each.
 *
 * <pre>{@code java -cp ... io.selvage.benchmarks.NexmarkQueries [q0,q1,... [events [parallelism]]]}</pre>
 */
public final class NexmarkQueries {
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final int WARM_UP_SHARE = 4;

    private NexmarkQueries() {}

    public static void main(String[] arguments) throws Exception {
        String[] given = {"q0,q1,q2,q3,q4,q5,q6,q7,q8,q9,q11,q12,q13,q14,q17,q18,q19,q20", "10000000", "2"};
        System.arraycopy(arguments, 0, given, 0, Math.min(arguments.length, given.length));
        long events = Long.parseLong(given[1]);
        int parallelism = Integer.parseInt(given[2]);
        try (LocalEnvironment local = LocalEnvironment.builder()
                .set("selvage.checkpoint.interval", "1s")
                .set("selvage.check.immutability", "false")
                .start()) {
            for (String query : given[0].split(",")) {
                run(local, query, Math.max(1, events / WARM_UP_SHARE), parallelism);
                measure(local, query, events, parallelism);
            }
        }
        System.exit(0);
    }

    private static void measure(LocalEnvironment local, String query, long events, int parallelism) throws Exception {
        long cpuNanos = PROCESS.getProcessCpuTime();
        long startNanos = System.nanoTime();
        run(local, query, events, parallelism);
        double seconds = seconds(System.nanoTime() - startNanos);
        double cpuSeconds = seconds(PROCESS.getProcessCpuTime() - cpuNanos);
        System.out.printf(
                Locale.ROOT,
                "{\"query\":\"%s\",\"events\":%d,\"parallelism\":%d,\"seconds\":%.2f,"
                        + "\"events_per_second\":%.0f,\"cpu_seconds_per_million\":%.3f}%n",
                query,
                events,
                parallelism,
                seconds,
                events / seconds,
                cpuSeconds * 1e6 / events);
    }

    private static void run(LocalEnvironment local, String query, long events, int parallelism) throws Exception {
        local.run(() -> Nexmark.main(
                new String[] {query, "--events", Long.toString(events), "--parallelism", Integer.toString(parallelism)
                }));
    }

    private static double seconds(long nanos) {
        return (double) nanos / TimeUnit.SECONDS.toNanos(1);
    }
}
