package io.selvage.task.operator;

import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs a user's function on keyed elements, with state and timers; owned by the subtask's thread. */
final class KeyedProcessOperator extends KeyedOperator {
    private final KeyedProcessFunction<Object, Object, Object> function;
    private final TimestampedCollector collector;
    private final ElementContext elementContext = new ElementContext();
    private final TimerQueue.Firing<Object, NoNamespace> firing = this::fire;
    private @Nullable TimerQueue<Object, NoNamespace> timers;

    KeyedProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.KeyedProcess<Object, Object, Object> definition,
            KeyedBackends backends) {
        super(context, output, definition.key(), definition.keySerde(), backends);
        this.function = definition.function();
        this.collector = new TimestampedCollector(output);
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
        openBackend(restored);
    }

    @Override
    void openStates(KeyedStateBackend<Object> opening) throws Exception {
        timers = opening.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        function.openState(opening.states());
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        elementContext.at(key, timestampMillis);
        collector.at(timestampMillis);
        try {
            function.process(value, elementContext, collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
    }

    @Override
    void advance(long newWatermarkMillis) throws Exception {
        Objects.requireNonNull(timers).advance(newWatermarkMillis, firing);
    }

    private void fire(Object key, NoNamespace none, long timestampMillis) throws Exception {
        elementContext.at(key, timestampMillis);
        collector.at(timestampMillis);
        try {
            function.onTimer(timestampMillis, elementContext, collector);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, timestampMillis);
        }
        collector.rethrow();
    }

    @Override
    void close() throws Exception {
        function.close();
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    private final class ElementContext implements KeyedProcessFunction.Context<Object> {
        private @Nullable Object key;
        private long timestampMillis;

        void at(Object newKey, long newTimestampMillis) {
            key = newKey;
            timestampMillis = newTimestampMillis;
        }

        @Override
        public Object key() {
            return Objects.requireNonNull(key);
        }

        @Override
        public long timestampMillis() {
            return timestampMillis;
        }

        @Override
        public long watermarkMillis() {
            return watermarkMillis;
        }

        @Override
        public void registerTimer(long atMillis) {
            Objects.requireNonNull(timers).register(NoNamespace.NONE, atMillis);
        }

        @Override
        public void deleteTimer(long atMillis) {
            Objects.requireNonNull(timers).delete(NoNamespace.NONE, atMillis);
        }
    }
}
