package io.selvage.api;

import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;

/** A stream and a broadcast one. */
public final class BroadcastConnectedStream<A, B> {
    private final DataStream<A> elements;
    private final BroadcastStream<B> broadcast;

    BroadcastConnectedStream(DataStream<A> elements, BroadcastStream<B> broadcast) {
        this.elements = elements;
        this.broadcast = broadcast;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(BroadcastProcessFunction<A, B, O> function) {
        return process(function, (Serde<O>) Types.argument(function, BroadcastProcessFunction.class, 2, operation()));
    }

    public <O> DataStream<O> process(BroadcastProcessFunction<A, B, O> function, Class<O> type) {
        return process(function, Types.of(type, operation()));
    }

    public <O> DataStream<O> process(BroadcastProcessFunction<A, B, O> function, Serde<O> type) {
        return elements.then(
                "process",
                new OperatorDefinition.BroadcastProcess<>(broadcast.states(), function),
                broadcast.elements(),
                type);
    }

    private String operation() {
        return "process after " + elements.describe();
    }
}
