package io.selvage.examples;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.connector.file.MalformedLines;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!NAMES.contains(args[i])) {
                throw refused(
                        args[i].equals("--help") ? "These are the options." : "There is no option " + args[i] + ".");
            }
            if (i + 1 == args.length) {
                throw refused("The option " + args[i] + " needs a value.");
            }
            if (given.put(args[i], args[i + 1]) != null) {
                throw refused("The option " + args[i] + " is given twice.");
            }
        }
        return new FlightDelaysOptions(
                required(given, "--flights"),
                required(given, "--airports"),
                required(given, "--output"),
                rate(given.getOrDefault("--rate", "0")),
                policy(given.getOrDefault("--on-bad-line", "fail")),
                bytes(given.getOrDefault("--split-size", "128m")));
    }

    private static String required(Map<String, String> given, String name) {
        String value = given.get(name);
        if (value == null) {
            throw refused("The option " + name + " is missing.");
        }
        return value;
    }

    private static double rate(String value) {
        try {
            double rate = Double.parseDouble(value);
            if (rate >= 0 && rate < Double.POSITIVE_INFINITY) {
                return rate;
            }
        } catch (NumberFormatException e) {
            throw refused("A --rate is a number of flights a second, which " + value + " is not.");
        }
        throw refused("A --rate is not below 0, as " + value + " is.");
    }

    private static MalformedLines policy(String value) {
        return switch (value) {
            case "fail" -> MalformedLines.FAIL;
            case "skip" -> MalformedLines.SKIP;
            default -> throw refused("--on-bad-line is fail or skip, not " + value + ".");
        };
    }

    private static long bytes(String value) {
        String text = value.toLowerCase(Locale.ROOT);
        int shift = text.endsWith("m") ? 20 : text.endsWith("k") ? 10 : 0;
        try {
            long count = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
            if (count > 0 && count <= Long.MAX_VALUE >> shift) {
                return count << shift;
            }
        } catch (NumberFormatException e) {
            throw refused("A --split-size is a number of bytes like 65536, 64k or 8m, which " + value + " is not.");
        }
        throw refused("A --split-size is at least one byte, which " + value + " is not.");
    }

    private static InvalidProgramException refused(String why) {
        return new InvalidProgramException(why + "\n" + USAGE);
    }
}
