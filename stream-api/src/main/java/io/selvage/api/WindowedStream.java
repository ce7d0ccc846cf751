package io.selvage.api;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import io.selvage.api.window.TumblingWindows;

/** A keyed stream cut into windows of event time. */
public final class WindowedStream<T, K> {
    private final KeyedStream<T, K> keyed;
    private final TumblingWindows windows;

    WindowedStream(KeyedStream<T, K> keyed, TumblingWindows windows) {
        this.keyed = keyed;
        this.windows = windows;
    }

    /** One result for each key and window, when the watermark passes the window's end. */
    @SuppressWarnings("unchecked")
    public <A, R, O> DataStream<O> aggregate(AggregateFunction<T, A, R> aggregate, WindowFunction<K, R, O> function) {
        String operation = "aggregate after " + keyed.inputName();
        return aggregate(
                aggregate,
                (Serde<A>) Types.argument(aggregate, AggregateFunction.class, 1, operation),
                function,
                (Serde<O>) Types.resultOf(function, WindowFunction.class, 2, operation));
    }

    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate,
            Class<A> accumulatorType,
            WindowFunction<K, R, O> function,
            Class<O> type) {
        return aggregate(aggregate, Serdes.of(accumulatorType), function, Serdes.of(type));
    }

    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate,
            Serde<A> accumulatorType,
            WindowFunction<K, R, O> function,
            Serde<O> type) {
        return keyed.then(
                "window",
                new OperatorDefinition.WindowAggregate<>(
                        keyed.key(), keyed.keySerde(), windows, aggregate, accumulatorType, function),
                type);
    }
}
