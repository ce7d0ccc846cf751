package io.selvage.minicluster.workload;

import io.selvage.api.StreamEnvironment;
import io.selvage.connector.file.FileSink;
import java.util.HashMap;
import java.util.Map;

/**
 * The program: readers of a paced input, an account for each key, and every update to a sink. Options: {@code --keys N
 * --state-bytes N --rate N --readers N --prefill N --start MILLIS --end-file FILE}, {@code --parallelism N} if it is
 * not the number of readers, {@code --uid NAME} of the accounts, {@code --measure DIRECTORY} of this machine,
 * {@code --output DIRECTORY} of HDFS, or both, and {@code --sabotage DIRECTORY} of this machine, to have a function in
 * it that can be made to misbehave.
 */
public final class Workload {
    public static final String NAME = "accounts";

    private Workload() {}

    public static void main(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        int readers = Integer.parseInt(options.getOrDefault("--readers", "2"));
        Schedule schedule = new Schedule(
                Long.parseLong(options.getOrDefault("--start", Long.toString(System.currentTimeMillis()))),
                Long.parseLong(options.getOrDefault("--prefill", "0")),
                Double.parseDouble(options.getOrDefault("--rate", "20000")) / readers);
        Arrivals source = new Arrivals(
                readers,
                Long.parseLong(options.getOrDefault("--keys", "100000")),
                schedule,
                options.getOrDefault("--end-file", ""));

        StreamEnvironment env = StreamEnvironment.create()
                .parallelism(Integer.parseInt(options.getOrDefault("--parallelism", Integer.toString(readers))));
        var arrivals = env.from(source, "arrivals");
        String sabotage = options.get("--sabotage");
        if (sabotage != null) {
            arrivals = arrivals.map(new Sabotage(sabotage)).name("defective function");
        }
        var updates = arrivals.keyBy(Arrival::key)
                .process(new Accounts(Integer.parseInt(options.getOrDefault("--state-bytes", "1000"))))
                .name("keep accounts")
                .uid(options.getOrDefault("--uid", "accounts"));
        String measured = options.get("--measure");
        if (measured != null) {
            updates.sinkTo(new MeasuringSink(measured, readers, schedule), "measured updates");
        }
        if (measured == null || options.containsKey("--output")) {
            updates.sinkTo(FileSink.csv(options.getOrDefault("--output", NAME), Update.class), "updates");
        }
        env.execute(NAME);
    }
}
