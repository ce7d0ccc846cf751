package io.selvage.minicluster.throughput;

import io.selvage.minicluster.benchmark.BenchmarkOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What to measure.
 *
 * @param home the root of a checkout that is built
 * @param folder of the cluster and of what the job notes; emptied at the start
 * @param records {@code small} or {@code big}
 * @param executors that share the two slots
 * @param rate records a second; 0: as many as there can be
 * @param options for session and job, above those of the benchmark
 */
record ThroughputSettings(
        Path home,
        Path folder,
        Work work,
        String records,
        int executors,
        long keys,
        int stateBytes,
        double rate,
        int warmUpSeconds,
        int seconds,
        boolean json,
        Map<String, String> options) {

    static final String USAGE = "Usage: benchmark.sh WORKLOAD [--records small|big] [--executors 1|2] [--seconds N]"
            + " [--warm-up SECONDS] [--keys N] [--state-bytes N] [--rate RECORDS-A-SECOND] [--folder DIRECTORY]"
            + " [--json] [-D KEY=VALUE]. Workloads: " + Work.words() + ".";

    private static final Set<String> VALUED = Set.of(
            "--records", "--executors", "--seconds", "--warm-up", "--keys", "--state-bytes", "--rate", "--folder");

    static ThroughputSettings parse(Path home, List<String> arguments) {
        if (arguments.isEmpty() || arguments.get(0).startsWith("-")) {
            throw new IllegalArgumentException("There is no workload. " + USAGE);
        }
        Work work = Work.of(arguments.get(0));
        BenchmarkOptions given =
                BenchmarkOptions.parse(arguments.subList(1, arguments.size()), VALUED, Set.of("--json"), USAGE);
        return new ThroughputSettings(
                home,
                Path.of(given.text(
                                "--folder", home.resolve(".selvage/benchmark").toString()))
                        .toAbsolutePath(),
                work,
                given.oneOf("--records", "big", "small"),
                Integer.parseInt(given.oneOf("--executors", "2", "1")),
                given.number("--keys", work.keys),
                (int) given.number("--state-bytes", work.stateBytes),
                given.number("--rate", (long) work.rate),
                (int) given.number("--warm-up", 20),
                (int) given.number("--seconds", 30),
                given.has("--json"),
                given.settings());
    }
}
