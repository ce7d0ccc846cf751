package io.selvage.task.operator;

import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReadOnlyBroadcastState;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.time.InstantSource;

/**
 * Runs a user's function on keyed elements, and on broadcast ones at the second input; owned by the subtask's thread.
 */
final class KeyedBroadcastProcessOperator extends KeyedFunctionOperator {
    private final KeyedBroadcastProcessFunction<Object, Object, Object, Object> function;
    private final BroadcastStates states;
    private final BroadcastContext broadcastElement;
    private final KeyedContext keyedContext = new KeyedContext();
    private final ElementReceiver second = this::emitBroadcast;

    KeyedBroadcastProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.KeyedBroadcastProcess<Object, Object, Object, Object> definition,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output, definition.key(), definition.keySerde(), backends, wall);
        this.function = definition.function();
        this.states = new BroadcastStates(context, definition.states());
        this.broadcastElement = new BroadcastContext(context, output, states);
    }

    @Override
    void open(RestoredState restored) {
        if (restored.parallelism() > 0) {
            for (byte[] bytes : restored.heldState(BroadcastStates.origin(context.subtask(), restored.parallelism()))) {
                BinaryReader in = new BinaryReader(bytes);
                WatermarkState.read(in);
                if (in.remaining() > 0) { // Else it was a step without broadcast state.
                    states.read(in);
                }
            }
        }
        Functions.open(function, context);
        openBackend(restored);
    }

    @Override
    void openFunctionStates(StateAccess keyed) throws Exception {
        function.openState(keyed);
    }

    @Override
    void writeMore(BinaryWriter out) {
        states.write(out);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        at(timestampMillis);
        try {
            function.process(value, keyedContext, collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
    }

    @Override
    ElementReceiver second() {
        return second;
    }

    /** It has no key: what state the function uses then is a mistake, and must not be that of the element before. */
    private void emitBroadcast(Object value, long timestampMillis) {
        backend().forgetCurrentKey();
        broadcastElement.watermark(watermarkMillis);
        broadcastElement.at(timestampMillis);
        try {
            function.processBroadcast(value, broadcastElement, broadcastElement.collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        broadcastElement.collector.rethrow();
    }

    @Override
    void onTimer(long timestampMillis) throws Exception {
        function.onTimer(timestampMillis, keyedContext, collector);
    }

    @Override
    void close() throws Exception {
        function.close();
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    private final class KeyedContext extends ElementContext
            implements KeyedBroadcastProcessFunction.OnTimerContext<Object> {
        @Override
        public <S, V> ReadOnlyBroadcastState<S, V> broadcastState(MapStateDescriptor<S, V> descriptor) {
            return states.state(descriptor);
        }
    }
}
