package io.selvage.checkpoint.backend;

import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.Aggregator;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.Reducer;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** Owned by the backend's owner. Makes states out of cells, with or without a namespace. */
abstract class CellStates implements StateAccess {

    abstract <V> Cell<V> cell(String name, Serde<V> serde, Merger<V> merger);

    /** Joins what two namespaces have; the second is not used any more. */
    @FunctionalInterface
    interface Merger<V> {
        V merge(V into, V from) throws Exception;
    }

    private static <V> Merger<V> refusing(StateDescriptor descriptor) {
        return (into, from) -> {
            throw new IllegalStateException("The state \"" + descriptor.name()
                    + "\" is a value or a map, and two of them can't be joined. Reduce, aggregate or list instead.");
        };
    }

    private static <T> Merger<ArrayList<T>> appending() {
        return (into, from) -> {
            into.addAll(from);
            return into;
        };
    }

    /** Of what may be in parts. */
    abstract PartSizes partSizes();

    /** Null: what the state has does not expire. */
    abstract @Nullable TimeLimit limitOf(StateDescriptor descriptor);

    private <V> Cell<V> valueCell(StateDescriptor descriptor, String kind, Serde<V> value, Merger<V> merger) {
        SchemaSerde<V> serde = new SchemaSerde<>(kind, value);
        TimeLimit limit = limitOf(descriptor);
        return limit == null
                ? cell(descriptor.name(), serde, merger)
                : new StampedCell<>(
                        cell(descriptor.name(), new StampedSerde<>(serde, limit), refusing(descriptor)), limit);
    }

    @Override
    public final <T> ValueState<T> value(ValueStateDescriptor<T> descriptor) {
        return new Value<>(valueCell(descriptor, "value", descriptor.serde(), refusing(descriptor)));
    }

    @Override
    public final <T> ListState<T> list(ListStateDescriptor<T> descriptor) {
        TimeLimit limit = limitOf(descriptor);
        if (limit == null) {
            return new ListElements<>(
                    cell(descriptor.name(), new ListSerde<>(descriptor.serde()), appending()), partSizes());
        }
        StampedListSerde<T> serde = new StampedListSerde<>(descriptor.serde(), limit);
        return new StampedElements<>(cell(descriptor.name(), serde, refusing(descriptor)), serde, partSizes());
    }

    @Override
    public final <K, V> MapState<K, V> map(MapStateDescriptor<K, V> descriptor) {
        TimeLimit limit = limitOf(descriptor);
        if (limit == null) {
            MapSerde<K, V> serde = new MapSerde<>(descriptor.keySerde(), descriptor.valueSerde());
            return new MapEntries<>(
                    cell(descriptor.name(), serde, refusing(descriptor)), descriptor.keySerde(), partSizes());
        }
        StampedMapSerde<K, V> serde = new StampedMapSerde<>(descriptor.keySerde(), descriptor.valueSerde(), limit);
        return new StampedEntries<>(cell(descriptor.name(), serde, refusing(descriptor)), serde, partSizes());
    }

    @Override
    public final <T> ReducingState<T> reducing(ReducingStateDescriptor<T> descriptor) {
        return new Reduced<>(
                valueCell(descriptor, "reducing", descriptor.serde(), descriptor.reducer()::reduce),
                descriptor.reducer());
    }

    @Override
    public final <I, A, R> Accumulators<I, A, R> aggregating(AggregatingStateDescriptor<I, A, R> descriptor) {
        return new Aggregated<>(
                valueCell(descriptor, "aggregating", descriptor.accumulatorSerde(), descriptor.aggregator()::merge),
                descriptor.aggregator());
    }

    private record Value<T>(Cell<T> cell) implements ValueState<T> {
        @Override
        public @Nullable T value() {
            return cell.get();
        }

        @Override
        public void update(T value) {
            cell.set(value);
        }

        @Override
        public void clear() {
            cell.clear();
        }
    }

    private record Reduced<T>(Cell<T> cell, Reducer<T> reducer) implements ReducingState<T> {
        @Override
        public @Nullable T value() {
            return cell.get();
        }

        @Override
        public void add(T element) throws Exception {
            T before = cell.get();
            cell.set(before == null ? element : reducer.reduce(before, element));
        }

        @Override
        public void clear() {
            cell.clear();
        }
    }

    private record Aggregated<I, A, R>(Cell<A> cell, Aggregator<I, A, R> aggregator) implements Accumulators<I, A, R> {
        @Override
        public @Nullable A accumulator() {
            return cell.get();
        }

        @Override
        public @Nullable R result() throws Exception {
            A accumulator = cell.get();
            return accumulator == null ? null : aggregator.result(accumulator);
        }

        @Override
        public boolean add(I element) throws Exception {
            A before = cell.get();
            A after = aggregator.add(before == null ? aggregator.create() : before, element);
            // An accumulator that was changed in place, the usual case, costs no second look-up.
            if (after != before) {
                cell.set(after);
            } else {
                cell.onChangedInPlace();
            }
            return before == null;
        }

        @Override
        public void clear() {
            cell.clear();
        }
    }
}
