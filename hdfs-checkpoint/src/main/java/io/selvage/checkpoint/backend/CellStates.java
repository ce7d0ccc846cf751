package io.selvage.checkpoint.backend;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Owned by the backend's owner. Makes states out of cells, with or without a namespace. */
abstract class CellStates implements KeyedStates {

    abstract <V> Cell<V> cell(String name, Serde<V> serde);

    @Override
    public final <T> ValueState<T> value(ValueStateDescriptor<T> descriptor) {
        return new Value<>(cell(descriptor.name(), new SchemaSerde<>(descriptor.serde(), descriptor.schema())));
    }

    @Override
    public final <T> ListState<T> list(ListStateDescriptor<T> descriptor) {
        return new Elements<>(cell(descriptor.name(), new ListSerde<>(descriptor.serde(), descriptor.schema())));
    }

    @Override
    public final <K, V> MapState<K, V> map(MapStateDescriptor<K, V> descriptor) {
        return new Entries<>(cell(
                descriptor.name(),
                new MapSerde<>(descriptor.keySerde(), descriptor.valueSerde(), descriptor.schema())));
    }

    @Override
    public final <T> ReducingState<T> reducing(String name, Serde<T> serde, Reducer<T> reducer) {
        return new Reduced<>(cell(name, new SchemaSerde<>(serde, "reducing<" + serde.schema() + ">")), reducer);
    }

    @Override
    public final <I, A, R> AggregatingState<I, R> aggregating(
            String name, Serde<A> accumulatorSerde, AggregateFunction<I, A, R> function) {
        String schema = "aggregating<" + accumulatorSerde.schema() + ">";
        return new Aggregated<>(cell(name, new SchemaSerde<>(accumulatorSerde, schema)), function);
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

    private record Elements<T>(Cell<ArrayList<T>> cell) implements ListState<T> {
        @Override
        public void add(T element) {
            ArrayList<T> elements = cell.get();
            if (elements == null) {
                elements = new ArrayList<>(4);
                cell.set(elements);
            }
            elements.add(element);
        }

        @Override
        public Iterable<T> elements() {
            ArrayList<T> elements = cell.get();
            return elements == null ? List.of() : Collections.unmodifiableList(elements);
        }

        @Override
        public void clear() {
            cell.clear();
        }
    }

    private record Entries<K, V>(Cell<LinkedHashMap<K, V>> cell) implements MapState<K, V> {
        @Override
        public @Nullable V get(K key) {
            LinkedHashMap<K, V> map = cell.get();
            return map == null ? null : map.get(key);
        }

        @Override
        public void put(K key, V value) {
            LinkedHashMap<K, V> map = cell.get();
            if (map == null) {
                map = new LinkedHashMap<>();
                cell.set(map);
            }
            map.put(key, value);
        }

        @Override
        public void remove(K key) {
            LinkedHashMap<K, V> map = cell.get();
            if (map != null) {
                map.remove(key);
                if (map.isEmpty()) {
                    cell.clear();
                }
            }
        }

        @Override
        public Iterable<Map.Entry<K, V>> entries() {
            LinkedHashMap<K, V> map = cell.get();
            return map == null ? List.of() : Collections.unmodifiableMap(map).entrySet();
        }

        @Override
        public boolean isEmpty() {
            return cell.get() == null;
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

    private record Aggregated<I, A, R>(Cell<A> cell, AggregateFunction<I, A, R> function)
            implements AggregatingState<I, R> {
        @Override
        public @Nullable R result() throws Exception {
            A accumulator = cell.get();
            return accumulator == null ? null : function.result(accumulator);
        }

        @Override
        public boolean add(I element) throws Exception {
            A before = cell.get();
            A after = function.add(before == null ? function.create() : before, element);
            // An accumulator that was changed in place, the usual case, costs no second look-up.
            if (after != before) {
                cell.set(after);
            }
            return before == null;
        }

        @Override
        public void clear() {
            cell.clear();
        }
    }
}
