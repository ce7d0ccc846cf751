package io.selvage.api;

import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import org.jspecify.annotations.Nullable;

/** Two keyed streams of which elements of one key meet in one subtask. */
public final class ConnectedKeyedStreams<A, B, K> extends Connected<A, B> {
    private final KeyedStream<A, K> first;
    private final KeyedStream<B, K> second;

    ConnectedKeyedStreams(KeyedStream<A, K> first, KeyedStream<B, K> second) {
        this.first = first;
        this.second = second;
    }

    public <O> DataStream<O> process(KeyedCoProcessFunction<K, A, B, O> function) {
        return process(function, this.<O>resultOf(function, KeyedCoProcessFunction.class, 3, "process"));
    }

    public <O> DataStream<O> process(KeyedCoProcessFunction<K, A, B, O> function, Class<O> type) {
        return process(function, given(type, "process"));
    }

    public <O> DataStream<O> process(KeyedCoProcessFunction<K, A, B, O> function, Serde<O> type) {
        return then(
                "process",
                new OperatorDefinition.KeyedCoProcess<>(first.key(), second.key(), first.keySerde(), function),
                type);
    }

    @Override
    <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        return first.exchanged().then(name, definition, second.exchanged(), output);
    }

    <O> OperatorDefinition intervalJoin(
            long lowerMillis,
            long upperMillis,
            ProcessJoinFunction<A, B, O> function,
            @Nullable OutputTag<A> lateLeft,
            @Nullable OutputTag<B> lateRight) {
        return new OperatorDefinition.IntervalJoin<>(
                first.key(),
                second.key(),
                first.keySerde(),
                first.serde(),
                second.serde(),
                lowerMillis,
                upperMillis,
                function,
                lateLeft,
                lateRight);
    }

    @Override
    String describe() {
        return first.inputName() + " and " + second.inputName();
    }
}
