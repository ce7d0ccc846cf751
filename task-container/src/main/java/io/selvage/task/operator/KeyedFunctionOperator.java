package io.selvage.task.operator;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.task.exchange.Timestamps;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What operators with a general function on keyed elements have in common: the states and timers that the function asks
 * for; owned by the subtask's thread.
 */
abstract class KeyedFunctionOperator extends KeyedOperator {
    final TimestampedCollector collector;
    final ElementContext elementContext = new ElementContext();
    private final TimerQueue.Firing<Object, NoNamespace> firing = this::fire;
    private final TimerQueue.Firing<Object, NoNamespace> processingFiring = this::fireProcessing;
    private @Nullable TimerQueue<Object, NoNamespace> timers;
    private @Nullable TimerQueue<Object, NoNamespace> processingTimers;
    // What the function sees.
    private long timestampMillis;
    private TimeDomain timeDomain = TimeDomain.EVENT_TIME;

    KeyedFunctionOperator(
            OperatorContext context,
            Output output,
            KeySelector<Object, Object> selector,
            Serde<Object> keySerde,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output, selector, keySerde, backends, wall);
        this.collector = new TimestampedCollector(context, output);
    }

    /** Has the function obtain its states. */
    abstract void openFunctionStates(StateAccess states) throws Exception;

    /** Calls the function; the context and the collector are those of the timer. */
    abstract void onTimer(long atMillis) throws Exception;

    @Override
    final void openStates(KeyedStateBackend<Object> opening) throws Exception {
        timers = opening.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        processingTimers = opening.timers(StateForecast.PROCESS_ALARMS, NoNamespace.SERDE, TimeDomain.PROCESSING_TIME);
        openFunctionStates(opening.states());
    }

    @Override
    final void advance(long newWatermarkMillis) throws Exception {
        Objects.requireNonNull(timers).advance(newWatermarkMillis, firing);
    }

    @Override
    final void advanceProcessing(long nowMillis) throws Exception {
        Objects.requireNonNull(processingTimers).advance(nowMillis, processingFiring);
    }

    @Override
    final long earliestProcessingMillis() {
        return Objects.requireNonNull(processingTimers).earliestMillis();
    }

    private void fire(Object ofKey, NoNamespace none, long atMillis) {
        at(atMillis);
        timeDomain = TimeDomain.EVENT_TIME;
        callOnTimer(ofKey, atMillis);
    }

    private void fireProcessing(Object ofKey, NoNamespace none, long atMillis) {
        at(atMillis);
        timeDomain = TimeDomain.PROCESSING_TIME;
        collector.at(Timestamps.NONE);
        callOnTimer(ofKey, atMillis);
    }

    private void callOnTimer(Object ofKey, long atMillis) {
        try {
            onTimer(atMillis);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, ofKey, atMillis);
        }
        collector.rethrow();
    }

    /** What the function sees from now on, besides the current key. */
    final void at(long newTimestampMillis) {
        timestampMillis = newTimestampMillis;
        collector.at(newTimestampMillis);
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    class ElementContext implements KeyedCoProcessFunction.OnTimerContext<Object> {
        @Override
        public Object key() {
            return backend().currentKey();
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

        @Override
        public <X> void output(OutputTag<X> tag, X element) {
            collector.collect(tag, element);
        }
    }
}
