package io.selvage.api;

import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;

/** Two streams, which may be of different types, for a function of both. */
public final class ConnectedStreams<A, B> extends Connected<A, B> {
    private final DataStream<A> first;
    private final DataStream<B> second;

    ConnectedStreams(DataStream<A> first, DataStream<B> second) {
        this.first = first;
        this.second = second;
    }

    public <O> DataStream<O> process(CoProcessFunction<A, B, O> function) {
        return process(function, this.<O>resultOf(function, CoProcessFunction.class, 2, "process"));
    }

    public <O> DataStream<O> process(CoProcessFunction<A, B, O> function, Class<O> type) {
        return process(function, given(type, "process"));
    }

    public <O> DataStream<O> process(CoProcessFunction<A, B, O> function, Serde<O> type) {
        return then("process", new OperatorDefinition.CoProcess<>(function), type);
    }

    /** Elements of both streams that have the same key meet in one subtask. */
    public <K> ConnectedKeyedStreams<A, B, K> keyBy(KeySelector<A, K> firstKey, KeySelector<B, K> secondKey) {
        return first.keyBy(firstKey).connect(second.keyBy(secondKey));
    }

    public <K> ConnectedKeyedStreams<A, B, K> keyBy(
            KeySelector<A, K> firstKey, KeySelector<B, K> secondKey, Class<K> type) {
        return keyBy(firstKey, secondKey, given(type, "keyBy"));
    }

    public <K> ConnectedKeyedStreams<A, B, K> keyBy(
            KeySelector<A, K> firstKey, KeySelector<B, K> secondKey, Serde<K> keySerde) {
        return first.keyBy(firstKey, keySerde).connect(second.keyBy(secondKey, keySerde));
    }

    @Override
    <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        return first.then(name, definition, second, output);
    }

    @Override
    String describe() {
        return first.describe() + " and " + second.describe();
    }
}
