package io.selvage.task.operator;

import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.state.BroadcastState;
import io.selvage.api.state.MapStateDescriptor;

/** The same, with broadcast states; owned by the subtask's thread. */
final class BroadcastContext extends FunctionContext implements BroadcastProcessFunction.Context {
    private final BroadcastStates states;

    BroadcastContext(OperatorContext context, Output output, BroadcastStates states) {
        super(context, output);
        this.states = states;
    }

    @Override
    public <K, V> BroadcastState<K, V> broadcastState(MapStateDescriptor<K, V> descriptor) {
        return states.state(descriptor);
    }
}
