package io.selvage.minicluster.quickstart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** The airports with the greatest mean delay over all days, from the lines of the output. */
final class WorstAirports {
    private static final int SHOWN = 10;

    /** Airports with fewer flights say little. */
    private static final long FEWEST_FLIGHTS = 50;

    private static final int AIRPORT = 1;
    private static final int CITY = 2;
    private static final int FLIGHTS = 3;
    private static final int MEAN = 4;
    private static final int WORST = 5;
    private static final int PERCENT_LATE = 6;

    private record Airport(String code, String city, long flights, double totalMinutes, long worst, double late) {
        Airport plus(Airport day) {
            return new Airport(
                    code,
                    city,
                    flights + day.flights,
                    totalMinutes + day.totalMinutes,
                    Math.max(worst, day.worst),
                    late + day.late);
        }

        double meanMinutes() {
            return totalMinutes / flights;
        }
    }

    private WorstAirports() {}

    static List<String> table(List<String> lines) {
        TreeMap<String, Airport> airports = new TreeMap<>();
        for (String line : lines) {
            String[] day = line.split(",", -1);
            long flights = Long.parseLong(day[FLIGHTS]);
            airports.merge(
                    day[AIRPORT],
                    new Airport(
                            day[AIRPORT],
                            day[CITY],
                            flights,
                            Double.parseDouble(day[MEAN]) * flights,
                            Long.parseLong(day[WORST]),
                            Double.parseDouble(day[PERCENT_LATE]) / 100 * flights),
                    Airport::plus);
        }
        List<String> table = new ArrayList<>();
        table.add(String.format(
                Locale.ROOT,
                "  %-4s %-22s %8s %11s %12s %12s",
                "",
                "",
                "flights",
                "mean delay",
                "worst delay",
                "over 15 min"));
        airports.values().stream()
                .filter(airport -> airport.flights() >= FEWEST_FLIGHTS)
                .sorted(Comparator.comparingDouble(Airport::meanMinutes).reversed())
                .limit(SHOWN)
                .map(WorstAirports::row)
                .forEach(table::add);
        return table;
    }

    /** The flights that the lines of the output tell of. */
    static long flightCount(List<String> lines) {
        return lines.stream()
                .mapToLong(line -> Long.parseLong(line.split(",", -1)[FLIGHTS]))
                .sum();
    }

    private static String row(Airport airport) {
        return String.format(
                Locale.ROOT,
                "  %-4s %-22s %8d %7.1f min %8d min %10.1f %%",
                airport.code(),
                airport.city(),
                airport.flights(),
                airport.meanMinutes(),
                airport.worst(),
                100 * airport.late() / airport.flights());
    }
}
