package io.selvage.minicluster.throughput;

import io.selvage.minicluster.throughput.program.Latencies;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import java.util.Collection;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * What was measured.
 *
 * @param recordsPerSecond that all readers have read
 * @param cpuPerMillion processor seconds of the executors for a million of them
 * @param residentMostMib the most memory that one of them has had, which YARN would not let be more than it was given
 * @param latencies from when a record was due until its output; empty without a rate
 * @param checkpoints that came to their end meanwhile
 * @param exact the output is what the input makes it
 */
record ThroughputFigures(
        ThroughputSettings settings,
        double recordsPerSecond,
        double cpuPerMillion,
        long residentMostMib,
        Latencies latencies,
        Collection<CheckpointDescription> checkpoints,
        boolean exact) {
    private static final double MICROS_PER_MILLI = 1000.0;
    private static final double BYTES_PER_MB = 1e6;

    String toJson() {
        StringJoiner json = new StringJoiner(",", "{", "}");
        json.add("\"workload\":\"" + settings.work().word() + "\"");
        json.add("\"records\":\"" + settings.records() + "\"");
        json.add("\"executors\":" + settings.executors());
        json.add("\"keys\":" + settings.keys());
        json.add("\"state_bytes\":" + settings.stateBytes());
        json.add("\"seconds\":" + settings.seconds());
        json.add(number("records_per_second", recordsPerSecond, 0));
        json.add(number("cpu_seconds_per_million", cpuPerMillion, 3));
        json.add("\"executor_resident_mib_most\":" + residentMostMib);
        if (latencies.count() > 0) {
            json.add(number("p50_millis", latency(0.5), 2));
            json.add(number("p99_millis", latency(0.99), 2));
            json.add(number("p999_millis", latency(0.999), 2));
            json.add(number("p9999_millis", latency(0.9999), 2));
            json.add(number("most_millis", latency(1), 2));
        }
        json.add("\"checkpoints\":" + completed());
        json.add("\"checkpoints_failed\":" + (checkpoints.size() - completed()));
        json.add(number("checkpoint_millis_median", checkpointMillis(0.5), 0));
        json.add(number("checkpoint_millis_most", checkpointMillis(1), 0));
        json.add(number("checkpoint_mb_mean", checkpointMegabytes(), 2));
        json.add("\"exact\":" + exact);
        return json.toString();
    }

    private static String number(String name, double value, int digits) {
        return "\"" + name + "\":" + String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    String toText() {
        String text = String.format(
                Locale.ROOT,
                "%s, %s records, %d executor%s: %.2f million records/s, %.3f CPU s a million, at most %d MiB resident%n",
                settings.work().word(),
                settings.records(),
                settings.executors(),
                settings.executors() == 1 ? "" : "s",
                recordsPerSecond / 1e6,
                cpuPerMillion,
                residentMostMib);
        if (latencies.count() > 0) {
            text += String.format(
                    Locale.ROOT,
                    "latency p50 %.2f, p99 %.2f, p99.9 %.2f, p99.99 %.2f, most %.2f ms%n",
                    latency(0.5),
                    latency(0.99),
                    latency(0.999),
                    latency(0.9999),
                    latency(1));
        }
        text += String.format(
                Locale.ROOT,
                "%d checkpoints, %d failed: median %.0f ms, most %.0f ms, %.2f MB on average%n",
                completed(),
                checkpoints.size() - completed(),
                checkpointMillis(0.5),
                checkpointMillis(1),
                checkpointMegabytes());
        return text + (exact ? "The output is exact." : "THE OUTPUT IS WRONG.");
    }

    private double latency(double share) {
        return latencies.percentile(share) / MICROS_PER_MILLI;
    }

    private long completed() {
        return checkpoints.stream()
                .filter(each -> each.getState() == CheckpointState.CHECKPOINT_COMPLETED)
                .count();
    }

    private double checkpointMillis(double share) {
        long[] micros = checkpoints.stream()
                .filter(each -> each.getState() == CheckpointState.CHECKPOINT_COMPLETED)
                .mapToLong(CheckpointDescription::getDurationMicros)
                .sorted()
                .toArray();
        return micros.length == 0 ? 0 : micros[(int) Math.round(share * (micros.length - 1))] / MICROS_PER_MILLI;
    }

    private double checkpointMegabytes() {
        return checkpoints.stream()
                        .filter(each -> each.getState() == CheckpointState.CHECKPOINT_COMPLETED)
                        .mapToLong(CheckpointDescription::getBytes)
                        .average()
                        .orElse(0)
                / BYTES_PER_MB;
    }
}
