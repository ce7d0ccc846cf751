package io.selvage.minicluster.recovery;

import io.selvage.minicluster.benchmark.BenchmarkOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What to measure.
 *
 * @param home the root of a checkout that is built
 * @param folder of the cluster and of what the sink notes; emptied at the start
 * @param faults of each kind
 * @param stateBytes of each key
 * @param warmUpMillis before the first fault, once the job is steady: what runs for the first time is slow
 * @param pauseMillis between a job that has caught up and the next fault
 * @param downMillis how long a NameNode is away, and a process that hangs at most
 * @param options for session and job, above those of the benchmark
 */
record RecoverySettings(
        Path home,
        Path folder,
        List<FaultKind> kinds,
        int faults,
        long keys,
        int stateBytes,
        double recordsPerSecond,
        int standby,
        String executorMemory,
        long seed,
        long warmUpMillis,
        long pauseMillis,
        long downMillis,
        Map<String, String> options) {

    static final String USAGE = "Options: --fault KIND[,KIND...] (kill-task, hang-task, kill-am, hang-am, name-node),"
            + " --faults N, --keys N, --state-bytes N, --rate N, --standby N, --executor-memory SIZE, --seed N,"
            + " --warm-up MILLIS, --pause MILLIS, --down MILLIS, --folder DIRECTORY, -D KEY=VALUE.";

    private static final Set<String> KNOWN = Set.of(
            "--fault",
            "--faults",
            "--keys",
            "--state-bytes",
            "--rate",
            "--standby",
            "--executor-memory",
            "--seed",
            "--warm-up",
            "--pause",
            "--down",
            "--folder");

    static RecoverySettings parse(Path home, List<String> arguments) {
        BenchmarkOptions given = BenchmarkOptions.parse(arguments, KNOWN, Set.of(), USAGE);
        long keys = given.number("--keys", 100_000);
        int stateBytes = (int) given.number("--state-bytes", 1000);
        return new RecoverySettings(
                home,
                Path.of(given.text("--folder", home.resolve(".selvage/recovery").toString()))
                        .toAbsolutePath(),
                List.of(given.text("--fault", "kill-task").split(",")).stream()
                        .map(FaultKind::of)
                        .toList(),
                (int) given.number("--faults", 20),
                keys,
                stateBytes,
                given.number("--rate", 20_000),
                (int) given.number("--standby", 1),
                given.text("--executor-memory", keys * stateBytes > 300_000_000L ? "5g" : "2g"),
                given.number("--seed", 1),
                given.number("--warm-up", 30_000),
                given.number("--pause", 3000),
                given.number("--down", 60_000),
                given.settings());
    }
}
