package io.selvage.api.graph;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.OpenContext;
import io.selvage.api.function.ReduceFunction;

/** Elements that are reduced, as an aggregate whose accumulator is the first of them, and null before. */
public record ReduceAggregate<T>(ReduceFunction<T> function) implements AggregateFunction<T, T, T> {
    @Override
    public void open(OpenContext context) throws Exception {
        function.open(context);
    }

    @Override
    @SuppressWarnings("NullAway")
    public T create() {
        return null;
    }

    @Override
    @SuppressWarnings("NullAway")
    public T add(T accumulator, T element) throws Exception {
        return accumulator == null ? element : function.reduce(accumulator, element);
    }

    @Override
    public T result(T accumulator) {
        return accumulator;
    }

    @Override
    public T merge(T accumulator, T other) throws Exception {
        return add(accumulator, other);
    }

    @Override
    public void close() throws Exception {
        function.close();
    }
}
