package io.selvage.task.operator;

import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.time.TimeDomain;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.task.exchange.Timestamps;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs a user's function on keyed elements, with state and timers; owned by the subtask's thread. */
final class KeyedProcessOperator extends KeyedOperator {
    private final KeyedProcessFunction<Object, Object, Object> function;
    private final TimestampedCollector collector;
    private final ElementContext elementContext = new ElementContext();
    private final TimerQueue.Firing<Object, NoNamespace> firing = this::fire;
    private final TimerQueue.Firing<Object, NoNamespace> processingFiring = this::fireProcessing;
    private @Nullable TimerQueue<Object, NoNamespace> timers;
    private @Nullable TimerQueue<Object, NoNamespace> processingTimers;

    KeyedProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.KeyedProcess<Object, Object, Object> definition,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output, definition.key(), definition.keySerde(), backends, wall);
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
        processingTimers =
                opening.timers(StateForecast.PROCESS_ALARMS, NoNamespace.SERDE, TimeDomain.PROCESSING_TIME);
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

    @Override
    void advanceProcessing(long nowMillis) throws Exception {
        Objects.requireNonNull(processingTimers).advance(nowMillis, processingFiring);
    }

    @Override
    long earliestProcessingMillis() {
        return Objects.requireNonNull(processingTimers).earliestMillis();
    }

    private void fire(Object key, NoNamespace none, long timestampMillis) {
        elementContext.onTimer(key, timestampMillis, TimeDomain.EVENT_TIME);
        collector.at(timestampMillis);
        callOnTimer(key, timestampMillis);
    }

    private void fireProcessing(Object key, NoNamespace none, long timestampMillis) {
        elementContext.onTimer(key, timestampMillis, TimeDomain.PROCESSING_TIME);
        collector.at(Timestamps.NONE);
        callOnTimer(key, timestampMillis);
    }

    private void callOnTimer(Object key, long timestampMillis) {
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
    private final class ElementContext implements KeyedProcessFunction.OnTimerContext<Object> {
        private @Nullable Object key;
        private long timestampMillis;
        private TimeDomain timeDomain = TimeDomain.EVENT_TIME;

        void onTimer(Object newKey, long newTimestampMillis, TimeDomain newTimeDomain) {
            at(newKey, newTimestampMillis);
            timeDomain = newTimeDomain;
        }

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
        public TimeDomain timeDomain() {
            return timeDomain;
        }

        @Override
        public long processingTimeMillis() {
            return processingMillis();
        }

        @Override
        public void registerEventTimeTimer(long atMillis) {
            Objects.requireNonNull(timers).register(NoNamespace.NONE, atMillis);
        }

        @Override
        public void deleteEventTimeTimer(long atMillis) {
            Objects.requireNonNull(timers).delete(NoNamespace.NONE, atMillis);
        }

        @Override
        public void registerProcessingTimeTimer(long atMillis) {
            if (!hasEnded()) {
                Objects.requireNonNull(processingTimers).register(NoNamespace.NONE, atMillis);
            }
        }

        @Override
        public void deleteProcessingTimeTimer(long atMillis) {
            Objects.requireNonNull(processingTimers).delete(NoNamespace.NONE, atMillis);
        }
    }
}
