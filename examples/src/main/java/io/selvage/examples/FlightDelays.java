package io.selvage.examples;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.OpenContext;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.Window;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.file.FileSource;
import io.selvage.connector.file.SmallTable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;

/**
 * How late are flights? For each airport and day: how many left there, and how late they arrived.
 *
 * <pre>
 * scripts/selvage run examples/target/selvage-examples.jar \
 *     --flights /data/flights.csv --airports /data/airports.csv --output /results/delays
 * </pre>
 */
public final class FlightDelays {
    /** Flights may come this much later than one that was scheduled after them. */
    private static final Duration OUT_OF_ORDERNESS = Duration.ofHours(2);

    private FlightDelays() {}

    public static void main(String[] args) throws Exception {
        FlightDelaysOptions options = FlightDelaysOptions.parse(args);
        SmallTable<String, Airport> airports = SmallTable.csv(options.airports(), Airport.class, Airport::iata);
        airports.load(); // a table that is missing is better noticed here than in the cluster

        StreamEnvironment env = StreamEnvironment.create();
        env.from(
                        FileSource.csv(options.flights(), Flight.class)
                                .splitBytes(options.splitBytes())
                                .onMalformedLine(options.onBadLine()),
                        "flights",
                        options.flightsPerSecond())
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(OUT_OF_ORDERNESS, Flight::scheduledMillis))
                .keyBy(Flight::origin)
                .window(TumblingWindows.of(Duration.ofDays(1)))
                .aggregate(new CountDelays(), new ReportDay(airports))
                .name("delays of each airport and day")
                .uid("airport-days")
                .sinkTo(FileSink.csv(options.output(), AirportDay.class), "delays");
        env.execute("flight-delays");
    }

    /** A line of {@code flights.csv}; its other columns are of no interest here. */
    record Flight(LocalDateTime scheduled, String origin, int delayMinutes) {
        /** The schedule names no time zone: local time is taken as UTC. */
        long scheduledMillis() {
            return scheduled.toInstant(ZoneOffset.UTC).toEpochMilli();
        }
    }

    /** A line of {@code airports.csv}. */
    record Airport(String iata, String city) {}

    /** What is known so far of the flights of one airport and day. */
    record Delays(long flights, long totalMinutes, int worstMinutes, long over15Minutes) {
        static final Delays NONE = new Delays(0, 0, Integer.MIN_VALUE, 0);

        Delays plus(Flight flight) {
            int minutes = flight.delayMinutes();
            return new Delays(
                    flights + 1,
                    totalMinutes + minutes,
                    Math.max(worstMinutes, minutes),
                    over15Minutes + (minutes > 15 ? 1 : 0));
        }

        BigDecimal meanMinutes() {
            return BigDecimal.valueOf(totalMinutes).divide(BigDecimal.valueOf(flights), 2, RoundingMode.HALF_UP);
        }

        BigDecimal percentOver15Minutes() {
            return BigDecimal.valueOf(100 * over15Minutes).divide(BigDecimal.valueOf(flights), 2, RoundingMode.HALF_UP);
        }
    }

    /** A line of the output. */
    record AirportDay(
            LocalDate day,
            String airport,
            String city,
            long flights,
            BigDecimal meanDelayMinutes,
            int worstDelayMinutes,
            BigDecimal percentOver15Minutes) {}

    private static final class CountDelays implements AggregateFunction<Flight, Delays, Delays> {
        private static final long serialVersionUID = 1L;

        @Override
        public Delays create() {
            return Delays.NONE;
        }

        @Override
        public Delays add(Delays delays, Flight flight) {
            return delays.plus(flight);
        }

        @Override
        public Delays result(Delays delays) {
            return delays;
        }
    }

    private static final class ReportDay implements WindowFunction<String, Delays, AirportDay> {
        private static final long serialVersionUID = 1L;

        private final SmallTable<String, Airport> table;
        private transient Map<String, Airport> airports = Map.of();

        ReportDay(SmallTable<String, Airport> table) {
            this.table = table;
        }

        @Override
        public void open(OpenContext context) throws Exception {
            airports = table.load();
        }

        @Override
        public AirportDay apply(String origin, Window window, Delays delays) {
            Airport airport = airports.get(origin);
            return new AirportDay(
                    LocalDate.ofInstant(Instant.ofEpochMilli(window.startMillis()), ZoneOffset.UTC),
                    origin,
                    airport == null ? "unknown" : airport.city(),
                    delays.flights(),
                    delays.meanMinutes(),
                    delays.worstMinutes(),
                    delays.percentOver15Minutes());
        }
    }
}
