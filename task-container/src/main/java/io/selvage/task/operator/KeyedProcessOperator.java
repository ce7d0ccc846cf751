package io.selvage.task.operator;

import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import java.time.InstantSource;

/** Runs a user's function on keyed elements, with state and timers; owned by the subtask's thread. */
final class KeyedProcessOperator extends KeyedFunctionOperator {
    private final KeyedProcessFunction<Object, Object, Object> function;

    KeyedProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.KeyedProcess<Object, Object, Object> definition,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output, definition.key(), definition.keySerde(), backends, wall);
        this.function = definition.function();
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
            function.process(value, elementContext, collector);
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
