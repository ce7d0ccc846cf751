package io.selvage.api.state;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import org.jspecify.annotations.Nullable;

/**
 * One accumulator for each key, which elements are folded into. An {@code AggregateFunction} is an aggregator; here it
 * is not opened or closed.
 *
 * @param timeToLive null: what it has stays until it is cleared
 */
public record AggregatingStateDescriptor<I, A, R>(
        String name,
        Serde<A> accumulatorSerde,
        Aggregator<I, A, R> aggregator,
        @Nullable TimeToLive timeToLive) implements StateDescriptor {
    private static final long serialVersionUID = 1L;

    public AggregatingStateDescriptor(String name, Serde<A> accumulatorSerde, Aggregator<I, A, R> aggregator) {
        this(name, accumulatorSerde, aggregator, null);
    }

    public AggregatingStateDescriptor(String name, Class<A> accumulatorType, Aggregator<I, A, R> aggregator) {
        this(name, Types.of(accumulatorType, "the state " + name), aggregator);
    }

    @Override
    public AggregatingStateDescriptor<I, A, R> withTimeToLive(TimeToLive newTimeToLive) {
        return new AggregatingStateDescriptor<>(name, accumulatorSerde, aggregator, newTimeToLive);
    }
}
