package io.selvage.task.operator;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import java.time.InstantSource;

/**
 * Runs a user's function on the elements of two keyed inputs, which share state and timers; owned by the subtask's
 * thread.
 */
final class KeyedCoProcessOperator extends KeyedFunctionOperator {
    private final KeyedCoProcessFunction<Object, Object, Object, Object> function;
    private final KeySelector<Object, Object> secondSelector;
    private final ElementReceiver second = this::emitSecond;

    KeyedCoProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.KeyedCoProcess<Object, Object, Object, Object> definition,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output, definition.firstKey(), definition.keySerde(), backends, wall);
        this.function = definition.function();
        this.secondSelector = definition.secondKey();
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
        openBackend(restored);
    }

    @Override
    void openFunctionStates(StateAccess states) throws Exception {
        function.openState(states);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        at(timestampMillis);
        try {
            function.process1(value, elementContext, collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
    }

    @Override
    ElementReceiver second() {
        return second;
    }

    private void emitSecond(Object value, long timestampMillis) {
        Object key = context.keyOf(secondSelector, value);
        backend().setCurrentKey(key);
        at(timestampMillis);
        try {
            function.process2(value, elementContext, collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
    }

    @Override
    void onTimer(long timestampMillis) throws Exception {
        function.onTimer(timestampMillis, elementContext, collector);
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
