package io.selvage.task.operator;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.AggregatingState;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.Window;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NamespacedStates;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.TimerQueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Folds elements into one accumulator for each key and window, and gives its result once the watermark has passed the
 * window; owned by the subtask's thread. An element whose window has passed is dropped and counted.
 */
final class WindowAggregateOperator extends KeyedOperator {
    private static final int CACHED_STARTS = 64;

    private final TumblingWindows windows;
    private final AggregateFunction<Object, Object, Object> aggregate;
    private final Serde<Object> accumulatorSerde;
    private final WindowFunction<Object, Object, Object> function;
    private final Counters counters;
    private final TimerQueue.Firing<Object, Long> firing = this::fire;
    /** Boxed starts of windows, so that an element of an open window needs no new one. */
    private final @Nullable Long[] starts = new @Nullable Long[CACHED_STARTS];

    private @Nullable NamespacedStates<Long> states;
    private @Nullable AggregatingState<Object, Object> accumulators;
    private @Nullable TimerQueue<Object, Long> timers;

    WindowAggregateOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition,
            KeyedBackends backends,
            Counters counters) {
        super(context, output, definition.key(), definition.keySerde(), backends);
        this.windows = definition.windows();
        this.aggregate = definition.aggregate();
        this.accumulatorSerde = definition.accumulatorSerde();
        this.function = definition.function();
        this.counters = counters;
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(aggregate, context);
        Functions.open(function, context);
        openBackend(restored);
    }

    @Override
    void openStates(KeyedStateBackend<Object> opening) {
        Serde<Long> startSerde = Serdes.of(Long.class);
        NamespacedStates<Long> namespaced = opening.namespaced(startSerde);
        states = namespaced;
        accumulators = namespaced.aggregating(
                new AggregatingStateDescriptor<>(StateForecast.WINDOW_ACCUMULATORS, accumulatorSerde, aggregate));
        timers = opening.timers(StateForecast.WINDOW_ENDS, startSerde);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        requireTimestamp(timestampMillis);
        long startMillis = windows.startOf(timestampMillis);
        long lastMillis = startMillis + windows.sizeMillis() - 1;
        if (lastMillis <= watermarkMillis) {
            counters.recordsLate++;
            return;
        }
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        Long start = boxed(startMillis);
        Objects.requireNonNull(states).setNamespace(start);
        boolean isNew;
        try {
            isNew = Objects.requireNonNull(accumulators).add(value);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        if (isNew) {
            Objects.requireNonNull(timers).register(start, lastMillis);
        }
    }

    private Long boxed(long startMillis) {
        int slot = (int) Math.floorMod(Math.floorDiv(startMillis, windows.sizeMillis()), (long) CACHED_STARTS);
        Long cached = starts[slot];
        if (cached == null || cached != startMillis) {
            cached = startMillis;
            starts[slot] = cached;
        }
        return cached;
    }

    @Override
    void advance(long newWatermarkMillis) throws Exception {
        Objects.requireNonNull(timers).advance(newWatermarkMillis, firing);
    }

    private void fire(Object key, Long start, long timestampMillis) throws Exception {
        Objects.requireNonNull(states).setNamespace(start);
        AggregatingState<Object, Object> accumulator = Objects.requireNonNull(accumulators);
        Object result;
        try {
            result = accumulator.result();
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, timestampMillis);
        }
        if (result == null) {
            throw new IllegalStateException("the window that starts at " + start + " of key " + key
                    + " has a timer and no result; does the aggregate's result() return null?");
        }
        Object out;
        try {
            out = function.apply(key, new Window(start, start + windows.sizeMillis()), result);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, timestampMillis);
        }
        accumulator.clear();
        output.emit(out, timestampMillis);
    }

    @Override
    void close() throws Exception {
        try {
            aggregate.close();
        } finally {
            function.close();
        }
    }
}
