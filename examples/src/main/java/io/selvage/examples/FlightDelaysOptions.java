package io.selvage.examples;

import io.selvage.connector.file.MalformedLines;
import java.util.List;
import java.util.Locale;

/** What {@link FlightDelays} is asked to do. */
record FlightDelaysOptions(
        String flights,
        String airports,
        String output,
        double flightsPerSecond,
        MalformedLines onBadLine,
        long splitBytes) {

    private static final String USAGE = """
            Usage: flight-delays --flights PATH --airports PATH --output PATH [options]
              --flights PATH           flights.csv: a file, a directory or a pattern
              --airports PATH          airports.csv
              --output PATH            the directory for the results; it must not hold results already
              --rate N                 read N flights a second; 0, the default: as fast as it goes
              --on-bad-line fail|skip  what to do with a line that is not a flight; default: fail
              --split-size BYTES       the size of the pieces that are read in parallel (64k, 8m); default: 128m""";

    private static final List<String> NAMES =
            List.of("--flights", "--airports", "--output", "--rate", "--on-bad-line", "--split-size");

    static FlightDelaysOptions parse(String... args) {
        CommandLine given = CommandLine.parse(List.of(args), NAMES, USAGE);
        return new FlightDelaysOptions(
                given.required("--flights"),
                given.required("--airports"),
                given.required("--output"),
                given.rate("--rate", "flights"),
                policy(given, given.text("--on-bad-line", "fail")),
                bytes(given, given.text("--split-size", "128m")));
    }

    private static MalformedLines policy(CommandLine given, String value) {
        return switch (value) {
            case "fail" -> MalformedLines.FAIL;
            case "skip" -> MalformedLines.SKIP;
            default -> throw given.refused("--on-bad-line is fail or skip, not " + value + ".");
        };
    }

    private static long bytes(CommandLine given, String value) {
        String text = value.toLowerCase(Locale.ROOT);
        int shift = text.endsWith("m") ? 20 : text.endsWith("k") ? 10 : 0;
        try {
            long count = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
            if (count > 0 && count <= Long.MAX_VALUE >> shift) {
                return count << shift;
            }
        } catch (NumberFormatException e) {
            throw given.refused(
                    "A --split-size is a number of bytes like 65536, 64k or 8m, which " + value + " is not.");
        }
        throw given.refused("A --split-size is at least one byte, which " + value + " is not.");
    }
}
