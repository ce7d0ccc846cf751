package io.selvage.api;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import io.selvage.api.window.WindowAssigner;

/** A stream whose elements of one key meet in one subtask. */
public final class KeyedStream<T, K> {
    private final StreamEnvironment environment;
    private final Transformation input;
    private final Serde<T> serde;
    private final KeySelector<T, K> key;
    private final Serde<K> keySerde;

    KeyedStream(
            StreamEnvironment environment,
            Transformation input,
            Serde<T> serde,
            KeySelector<T, K> key,
            Serde<K> keySerde) {
        this.environment = environment;
        this.input = input;
        this.serde = serde;
        this.key = key;
        this.keySerde = keySerde;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function) {
        return process(function, (Serde<O>)
                Types.argument(function, KeyedProcessFunction.class, 2, "process after " + input.name));
    }

    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function, Class<O> type) {
        return process(function, Serdes.of(type));
    }

    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function, Serde<O> type) {
        return then("process", new OperatorDefinition.KeyedProcess<>(key, keySerde, function), type);
    }

    public WindowedStream<T, K> window(WindowAssigner windows) {
        return new WindowedStream<>(this, windows);
    }

    KeySelector<T, K> key() {
        return key;
    }

    Serde<T> serde() {
        return serde;
    }

    Serde<K> keySerde() {
        return keySerde;
    }

    String inputName() {
        return input.name;
    }

    <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        Transformation next = new Transformation(name, definition, OperatorRole.TRANSFORM);
        next.output = output;
        next.parallelism = environment.parallelism();
        next.readFrom(input, Partitioning.HASH);
        next.key = key;
        next.keySerde = keySerde;
        environment.add(next);
        return new DataStream<>(environment, next, output);
    }
}
