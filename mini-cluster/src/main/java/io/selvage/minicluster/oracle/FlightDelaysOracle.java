package io.selvage.minicluster.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The delays of each airport and day, computed by one loop over the whole input: what the example {@code flight-delays}
 * must come to, whatever happens to the cluster meanwhile.
 *
 * <p>It shares no code with what it judges, and computes its decimals with whole numbers.
 */
public final class FlightDelaysOracle {
    private static final int SCHEDULED = 0;
    private static final int ORIGIN = 1;
    private static final int DELAY_MINUTES = 4;

    private final TreeMap<String, long[]> byDayAndAirport = new TreeMap<>(); // flights, total, worst, over 15
    private long flightCount;

    private FlightDelaysOracle() {}

    /** @return the lines of the output, without a header, in ascending order */
    public static Answer answer(Path flights, Path airports) throws IOException {
        FlightDelaysOracle oracle = new FlightDelaysOracle();
        try (BufferedReader in = Files.newBufferedReader(flights)) {
            String header = in.readLine();
            if (!"scheduled,origin,destination,distance_miles,delay_minutes".equals(header)) {
                throw new IOException(flights + " does not begin with the header of flights.csv but with: " + header);
            }
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                oracle.add(line.split(",", -1));
            }
        }
        return new Answer(oracle.flightCount, oracle.lines(cities(airports)));
    }

    /** @param lines in ascending order */
    public record Answer(long flightCount, List<String> lines) {}

    private void add(String[] flight) {
        String day = flight[SCHEDULED].substring(0, "2001-01-01".length());
        long delay = Long.parseLong(flight[DELAY_MINUTES]);
        long[] known = byDayAndAirport.computeIfAbsent(
                day + "," + flight[ORIGIN], key -> new long[] {0, 0, Long.MIN_VALUE, 0});
        known[0]++;
        known[1] += delay;
        known[2] = Math.max(known[2], delay);
        known[3] += delay > 15 ? 1 : 0;
        flightCount++;
    }

    private List<String> lines(Map<String, String> cities) {
        List<String> lines = new ArrayList<>();
        byDayAndAirport.forEach((dayAndAirport, known) -> {
            String airport = dayAndAirport.substring(dayAndAirport.indexOf(',') + 1);
            lines.add(String.join(
                    ",",
                    dayAndAirport,
                    cities.getOrDefault(airport, "unknown"),
                    Long.toString(known[0]),
                    hundredths(100 * known[1], known[0]),
                    Long.toString(known[2]),
                    hundredths(100 * 100 * known[3], known[0])));
        });
        lines.sort(null);
        return lines;
    }

    /** {@code dividend / divisor} hundredths, a half rounded away from zero, with two decimals. */
    private static String hundredths(long dividend, long divisor) {
        long rounded = (2 * Math.abs(dividend) + divisor) / (2 * divisor);
        String sign = dividend < 0 && rounded > 0 ? "-" : "";
        return sign + rounded / 100 + "." + (rounded % 100 < 10 ? "0" : "") + rounded % 100;
    }

    /** City by IATA code. Names may be quoted and hold commas, cities do neither in this file. */
    private static Map<String, String> cities(Path airports) throws IOException {
        Map<String, String> cities = new TreeMap<>();
        List<String> lines = Files.readAllLines(airports);
        for (String line : lines.subList(1, lines.size())) {
            String code = line.substring(0, line.indexOf(','));
            String afterName = line.charAt(code.length() + 1) == '"'
                    ? line.substring(line.indexOf("\",", code.length() + 2) + 2)
                    : line.substring(line.indexOf(',', code.length() + 1) + 1);
            cities.put(code, afterName.substring(0, afterName.indexOf(',')));
        }
        return cities;
    }
}
