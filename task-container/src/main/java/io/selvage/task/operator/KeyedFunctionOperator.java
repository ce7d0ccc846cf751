package io.selvage.task.operator;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
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
    private @Nullable TimerQueue<Object, NoNamespace> timers;
    // What the function sees.
    private @Nullable Object key;
    private long timestampMillis;

    KeyedFunctionOperator(
            OperatorContext context,
            Output output,
            KeySelector<Object, Object> selector,
            Serde<Object> keySerde,
            KeyedBackends backends) {
        super(context, output, selector, keySerde, backends);
        this.collector = new TimestampedCollector(context, output);
    }

    /** Has the function obtain its states. */
    abstract void openFunctionStates(StateAccess states) throws Exception;

    /** Calls the function; the context and the collector are those of the timer. */
    abstract void onTimer(long atMillis) throws Exception;

    @Override
    final void openStates(KeyedStateBackend<Object> opening) throws Exception {
        timers = opening.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        openFunctionStates(opening.states());
    }

    @Override
    final void advance(long newWatermarkMillis) throws Exception {
        Objects.requireNonNull(timers).advance(newWatermarkMillis, firing);
    }

    private void fire(Object ofKey, NoNamespace none, long atMillis) throws Exception {
        at(ofKey, atMillis);
        try {
            onTimer(atMillis);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, ofKey, atMillis);
        }
        collector.rethrow();
    }

    /** What the function sees from now on. */
    final void at(Object newKey, long newTimestampMillis) {
        key = newKey;
        timestampMillis = newTimestampMillis;
        collector.at(newTimestampMillis);
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    class ElementContext implements KeyedCoProcessFunction.Context<Object> {
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

        @Override
        public <X> void output(OutputTag<X> tag, X element) {
            collector.collect(tag, element);
        }
    }
}
