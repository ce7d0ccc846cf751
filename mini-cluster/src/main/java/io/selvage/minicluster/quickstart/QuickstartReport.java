package io.selvage.minicluster.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What was measured and found.
 *
 * @param firstOutputSeconds from submission to the first file
 * @param outputNanos when output files became visible
 * @param endNanos when the job had finished
 */
public record QuickstartReport(
        double sessionSeconds,
        double firstOutputSeconds,
        double jobSeconds,
        long checkpointCount,
        int restartCount,
        List<Fault> faults,
        List<Long> outputNanos,
        long endNanos,
        long flightsIn,
        long flightsOut,
        int rowCount,
        List<String> differences) {
    private static final int DIFFERENCES_SHOWN = 20;

    public QuickstartReport {
        faults = List.copyOf(faults);
        outputNanos = List.copyOf(outputNanos);
        differences = List.copyOf(differences);
    }

    /** Whether the output is the oracle's, line for line, and no flight is missing or counted twice. */
    public boolean isVerified() {
        return differences.isEmpty() && flightsIn == flightsOut;
    }

    /** For each fault, the time to the next output file. */
    public List<Double> nextOutputSeconds() {
        return faults.stream()
                .map(fault -> fault.nextOutputSeconds(outputNanos))
                .toList();
    }

    List<String> timeline() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < faults.size(); i++) {
            Fault fault = faults.get(i);
            lines.add(String.format(
                    Locale.ROOT,
                    "  at %4.1f s  kill -9 of %-21s next output after %4.1f s, longest gap %4.1f s",
                    fault.atSeconds(),
                    fault.victim(),
                    fault.nextOutputSeconds(outputNanos),
                    longestGapSeconds(i)));
        }
        return lines;
    }

    String verdict() {
        if (isVerified()) {
            return "exactly-once: verified (" + flightsIn + " flights in, " + rowCount + " rows)";
        }
        return "exactly-once: VIOLATED (" + flightsIn + " flights in, " + flightsOut + " in the " + rowCount
                + " rows of the output; " + differences.size() + " lines differ from the oracle's)";
    }

    List<String> shownDifferences() {
        return differences.stream()
                .limit(DIFFERENCES_SHOWN)
                .map(line -> "  " + line)
                .toList();
    }

    /** One line. */
    String toJson() {
        String kills = java.util.stream.IntStream.range(0, faults.size())
                .mapToObj(i -> String.format(
                        Locale.ROOT,
                        "{\"victim\":\"%s\",\"atSeconds\":%.2f,\"nextOutputSeconds\":%s,\"longestGapSeconds\":%.2f}",
                        faults.get(i).victim(),
                        faults.get(i).atSeconds(),
                        orNull(faults.get(i).nextOutputSeconds(outputNanos)),
                        longestGapSeconds(i)))
                .collect(Collectors.joining(","));
        return String.format(
                Locale.ROOT,
                "{\"verified\":%b,\"flightsIn\":%d,\"rows\":%d,\"differences\":%d,\"sessionSeconds\":%.2f,"
                        + "\"firstOutputSeconds\":%s,\"jobSeconds\":%.2f,\"checkpoints\":%d,\"restarts\":%d,\"faults\":[%s]}",
                isVerified(),
                flightsIn,
                rowCount,
                differences.size(),
                sessionSeconds,
                orNull(firstOutputSeconds),
                jobSeconds,
                checkpointCount,
                restartCount,
                kills);
    }

    private double longestGapSeconds(int fault) {
        long until = fault + 1 < faults.size() ? faults.get(fault + 1).atNanos() : endNanos;
        return faults.get(fault).longestGapSeconds(outputNanos, until);
    }

    private static String orNull(double seconds) {
        return Double.isNaN(seconds) ? "null" : String.format(Locale.ROOT, "%.2f", seconds);
    }
}
