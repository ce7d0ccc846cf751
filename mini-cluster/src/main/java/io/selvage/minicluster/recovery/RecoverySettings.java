package io.selvage.minicluster.recovery;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
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
        Map<String, String> given = new LinkedHashMap<>();
        Map<String, String> options = new LinkedHashMap<>();
        Deque<String> left = new ArrayDeque<>(arguments);
        while (!left.isEmpty()) {
            String option = left.pop();
            if (!option.equals("-D") && !KNOWN.contains(option) || left.isEmpty()) {
                throw new IllegalArgumentException(
                        (left.isEmpty() ? "No value follows " : "There is no option ") + option + ". " + USAGE);
            }
            String value = left.pop();
            if (option.equals("-D")) {
                int split = value.indexOf('=');
                options.put(value.substring(0, split), value.substring(split + 1));
            } else {
                given.put(option, value);
            }
        }
        long keys = Long.parseLong(given.getOrDefault("--keys", "100000"));
        int stateBytes = Integer.parseInt(given.getOrDefault("--state-bytes", "1000"));
        return new RecoverySettings(
                home,
                Path.of(given.getOrDefault(
                                "--folder", home.resolve(".selvage/recovery").toString()))
                        .toAbsolutePath(),
                List.of(given.getOrDefault("--fault", "kill-task").split(",")).stream()
                        .map(FaultKind::of)
                        .toList(),
                Integer.parseInt(given.getOrDefault("--faults", "20")),
                keys,
                stateBytes,
                Double.parseDouble(given.getOrDefault("--rate", "20000")),
                Integer.parseInt(given.getOrDefault("--standby", "1")),
                given.getOrDefault("--executor-memory", keys * stateBytes > 300_000_000L ? "5g" : "1536m"),
                Long.parseLong(given.getOrDefault("--seed", "1")),
                Long.parseLong(given.getOrDefault("--warm-up", "30000")),
                Long.parseLong(given.getOrDefault("--pause", "3000")),
                Long.parseLong(given.getOrDefault("--down", "60000")),
                options);
    }
}
