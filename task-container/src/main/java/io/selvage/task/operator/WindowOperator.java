package io.selvage.task.operator;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Function;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.window.Window;
import io.selvage.checkpoint.backend.Accumulators;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NamespacedStates;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.checkpoint.backend.WindowStates;
import io.selvage.task.exchange.Timestamps;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Folds elements into accumulators, each of a key and window, and gives their results; owned by the subtask's thread.
 * When an element is too late for all of its windows it is dropped and counted.
 */
abstract class WindowOperator extends KeyedOperator {
    final AggregateFunction<Object, Object, Object> aggregate;
    final Counters counters;
    final TimeDomain time;
    final boolean isEventTime;
    final long latenessMillis;
    /** Windows that have ended until then are past: their contents have gone. */
    long lateMillis = Long.MIN_VALUE;

    private final OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition;
    private final WindowResult<Object, Object, Object> result;
    private final @Nullable OutputTag<Object> lateTag;
    private final TimestampedCollector collector;
    private final FiringContext firing = new FiringContext();
    private @Nullable WindowStates states;

    WindowOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition,
            KeyedBackends backends,
            Counters counters,
            InstantSource wall) {
        super(context, output, definition.key(), definition.keySerde(), backends, wall);
        this.definition = definition;
        this.aggregate = definition.aggregate();
        this.result = definition.result();
        this.counters = counters;
        this.time = definition.windows().time();
        this.isEventTime = time == TimeDomain.EVENT_TIME;
        this.latenessMillis = definition.allowedLatenessMillis();
        this.lateTag = definition.lateTag();
        this.collector = new TimestampedCollector(context, output);
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(aggregate, context);
        Function function = result.function();
        if (function != null) {
            Functions.open(function, context);
        }
        openBackend(restored);
        lateMillis = lateAt(watermarkMillis);
    }

    @Override
    final void openStates(KeyedStateBackend<Object> opening) throws Exception {
        WindowStates opened = WindowStates.of(opening, definition);
        states = opened;
        obtain(opened);
    }

    /** The states are there. */
    abstract void obtain(WindowStates opened);

    /** Fires what is due. */
    abstract void fireDue(TimeDomain domain, long millis) throws Exception;

    @Override
    final void advance(long newWatermarkMillis) throws Exception {
        lateMillis = lateAt(newWatermarkMillis);
        if (states().eventTimers() != null) {
            fireDue(TimeDomain.EVENT_TIME, newWatermarkMillis);
        }
    }

    @Override
    final void advanceProcessing(long nowMillis) throws Exception {
        if (states().processingTimers() != null) {
            fireDue(TimeDomain.PROCESSING_TIME, nowMillis);
        }
    }

    @Override
    final long earliestProcessingMillis() {
        TimerQueue<Object, Long> timers = states().processingTimers();
        return timers == null ? Long.MAX_VALUE : timers.earliestMillis();
    }

    private long lateAt(long millis) {
        return millis < Long.MIN_VALUE + latenessMillis ? Long.MIN_VALUE : millis - latenessMillis;
    }

    /** After the window's last millisecond, the time at which its contents go. */
    final long cleanupMillis(long lastMillis) {
        return lastMillis > Long.MAX_VALUE - latenessMillis ? Long.MAX_VALUE : lastMillis + latenessMillis;
    }

    final WindowStates states() {
        return Objects.requireNonNull(states, "the operator is not open");
    }

    final NamespacedStates<Long> contents() {
        return states().contents();
    }

    final Accumulators<Object, Object, Object> accumulators() {
        return states().accumulators();
    }

    /** Of no use to any window. */
    final void late(Object value, long timestampMillis) {
        counters.recordsLate++;
        if (lateTag != null) {
            collector.at(timestampMillis);
            collector.collect(lateTag, value);
        }
    }

    /** Gives what has become of an accumulator. */
    final void give(Object key, Window window, Object accumulator) {
        long timestampMillis = window == Window.GLOBAL ? Timestamps.NONE : window.lastMillis();
        firing.window = window;
        NamespacedStates<Long> ofFunction = states().ofFunction();
        if (ofFunction != null) {
            ofFunction.setNamespace(window.startMillis());
        }
        collector.at(timestampMillis);
        try {
            Object given = aggregate.result(accumulator);
            if (given == null) {
                throw new IllegalStateException("the aggregate's result() has returned null for the window " + window);
            }
            result.emit(key, firing, given, collector);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, timestampMillis);
        }
        collector.rethrow();
    }

    @Override
    final void close() throws Exception {
        try {
            aggregate.close();
        } finally {
            Function function = result.function();
            if (function != null) {
                function.close();
            }
        }
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    private final class FiringContext implements ProcessWindowFunction.Context {
        private Window window = Window.GLOBAL;

        @Override
        public Window window() {
            return window;
        }

        @Override
        public long watermarkMillis() {
            return watermarkMillis;
        }

        @Override
        public long processingTimeMillis() {
            return processingMillis();
        }

        @Override
        public <X> void output(OutputTag<X> tag, X element) {
            collector.collect(tag, element);
        }
    }
}
