package io.selvage.api;

import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;

/** A keyed stream and a broadcast one. */
public final class KeyedBroadcastConnectedStream<A, B, K> {
    private final KeyedStream<A, K> keyed;
    private final BroadcastStream<B> broadcast;

    KeyedBroadcastConnectedStream(KeyedStream<A, K> keyed, BroadcastStream<B> broadcast) {
        this.keyed = keyed;
        this.broadcast = broadcast;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(KeyedBroadcastProcessFunction<K, A, B, O> function) {
        return process(
                function, (Serde<O>) Types.argument(function, KeyedBroadcastProcessFunction.class, 3, operation()));
    }

    public <O> DataStream<O> process(KeyedBroadcastProcessFunction<K, A, B, O> function, Class<O> type) {
        return process(function, Types.of(type, operation()));
    }

    public <O> DataStream<O> process(KeyedBroadcastProcessFunction<K, A, B, O> function, Serde<O> type) {
        return keyed.exchanged()
                .then(
                        "process",
                        new OperatorDefinition.KeyedBroadcastProcess<>(
                                keyed.key(), keyed.keySerde(), broadcast.states(), function),
                        broadcast.elements(),
                        type);
    }

    private String operation() {
        return "process after " + keyed.inputName();
    }
}
