package io.selvage.api.graph;

import io.selvage.api.function.AggregateFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** All elements, in the order of their addition. */
public record ListAggregate<T>() implements AggregateFunction<T, List<T>, List<T>> {
    @Override
    public List<T> create() {
        return new ArrayList<>(4);
    }

    @Override
    public List<T> add(List<T> accumulator, T element) {
        accumulator.add(element);
        return accumulator;
    }

    @Override
    public List<T> result(List<T> accumulator) {
        return Collections.unmodifiableList(accumulator);
    }

    @Override
    public List<T> merge(List<T> accumulator, List<T> other) {
        accumulator.addAll(other);
        return accumulator;
    }
}
