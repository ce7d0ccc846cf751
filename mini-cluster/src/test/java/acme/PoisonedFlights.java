package acme;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.MapFunction;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.file.FileSource;

/** A user's program with a defect: it can't bear one airport. Arguments: input, output, airport. */
public final class PoisonedFlights {
    private PoisonedFlights() {}

    public static void main(String[] args) {
        StreamEnvironment env = StreamEnvironment.create();
        env.from(FileSource.csv(args[0], Flight.class), "flights")
                .map(new Inspect(args[2]))
                .name("inspect flights")
                .sinkTo(FileSink.csv(args[1], Flight.class), "copies");
        env.execute("poisoned");
    }

    public record Flight(String origin, int delayMinutes) {}

    /** Throws on the airport, every time. */
    public static final class Inspect implements MapFunction<Flight, Flight> {
        private static final long serialVersionUID = 1L;

        private final String airport;

        public Inspect(String airport) {
            this.airport = airport;
        }

        @Override
        public Flight map(Flight flight) {
            if (flight.origin().equals(airport)) {
                throw new IllegalStateException(
                        "no flight from here", new ArithmeticException("runway divided by zero"));
            }
            return flight;
        }
    }
}
