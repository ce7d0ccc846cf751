package io.selvage.local.guide;

import io.selvage.api.DataStream;
import io.selvage.api.KeyedStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the snippets of the API guide speak of and do not say themselves. They are compiled against it, never run. */
public abstract class Guide {
    public record Flight(String origin, long departureMillis, double delay) {}

    public record DailyDelays(String airport, long dayMillis, Double delay) {}

    public record Reading(String sensor, Double value) {
        public String kind() {
            return sensor;
        }
    }

    public record Rule(String kind, Long limit) {}

    public record Alert(String sensor, double value) {}

    public record Hourly(String sensor, long endMillis, Double average) {}

    public record Order(String id, String customer, String currency) {
        public PricedOrder at(double rate) {
            return new PricedOrder(id, rate);
        }
    }

    public record PricedOrder(String id, double rate) {}

    public record Payment(String order, String customer) {}

    public record Pair<A, B>(A first, B second) {}

    public record Click(String user, String target) {}

    public record View(String user, String page) {}

    public record Seen(String page, String target) {}

    public record Overdrawn(String account, long balance) {}

    /** Whatever answers without blocking. */
    public static final class RateClient {
        public CompletableFuture<Double> rate(String currency) {
            return CompletableFuture.failedFuture(new UnsupportedOperationException(currency));
        }
    }

    public static final class DelayStatistics extends Mean<Flight> {}

    public static final class Average extends Mean<Reading> {}

    abstract static class Mean<T> implements AggregateFunction<T, Double, Double> {
        private static final long serialVersionUID = 1L;

        @Override
        public Double create() {
            return 0.0;
        }

        @Override
        public Double add(Double accumulator, T element) {
            return accumulator;
        }

        @Override
        public Double result(Double accumulator) {
            return accumulator;
        }
    }

    public static final class Match extends ProcessJoinFunction<Order, Payment, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Order order, Payment payment, Context context, Collector<String> out) {
            out.collect(order.id());
        }
    }

    public static final class Alarm extends KeyedProcessFunction<String, Reading, Alert> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Reading reading, Context<String> context, Collector<Alert> out) {
            out.collect(new Alert(reading.sensor(), reading.value()));
        }
    }

    public static final class Compare extends KeyedCoProcessFunction<String, Reading, Rule, Alert> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process1(Reading reading, Context<String> context, Collector<Alert> out) {
            out.collect(new Alert(reading.sensor(), reading.value()));
        }

        @Override
        public void process2(Rule rule, Context<String> context, Collector<Alert> out) {}
    }

    /** A program that can be tested: it leaves source and sink to its caller. */
    public static final class Delays {
        public static DataStream<DailyDelays> build(DataStream<Flight> flights) {
            return flights.map(flight -> new DailyDelays(flight.origin(), flight.departureMillis(), flight.delay()));
        }

        private Delays() {}
    }

    protected final StreamEnvironment env = none();
    protected final DataStream<Reading> readings = none();
    protected final KeyedStream<Reading, String> keyed = none();
    protected final DataStream<Rule> rules = none();
    protected final DataStream<Order> orders = none();
    protected final DataStream<Payment> payments = none();
    protected final DataStream<Click> clicks = none();
    protected final DataStream<View> views = none();
    protected final List<Flight> flights = none();
    protected final OutputTag<Reading> late = none();

    protected Guide() {}

    private static <T> T none() {
        throw new UnsupportedOperationException("The guide is compiled, and not run.");
    }
}
