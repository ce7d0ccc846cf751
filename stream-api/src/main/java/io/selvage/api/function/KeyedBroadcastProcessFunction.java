package io.selvage.api.function;

import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReadOnlyBroadcastState;
import io.selvage.api.state.StateAccess;

/**
 * As {@link BroadcastProcessFunction}, with state and timers for each key of the stream that is not broadcast. A
 * broadcast element has no key, and so sees no such state.
 *
 * @param <K> keys
 * @param <A> elements of the keyed stream
 * @param <B> broadcast elements
 * @param <O> elements out
 */
public abstract class KeyedBroadcastProcessFunction<K, A, B, O> implements Function {
    private static final long serialVersionUID = 1L;

    /** As {@link KeyedProcessFunction#openState}; also by the client. */
    public void openState(StateAccess states) throws Exception {}

    public abstract void process(A element, ReadOnlyContext<K> context, Collector<O> out) throws Exception;

    /** A broadcast element, in every subtask. */
    public abstract void processBroadcast(B element, BroadcastProcessFunction.Context context, Collector<O> out)
            throws Exception;

    /** As {@link KeyedProcessFunction#onTimer}. */
    public void onTimer(long timestampMillis, OnTimerContext<K> context, Collector<O> out) throws Exception {}

    /** The element or timer at hand; valid during the call it is passed to. */
    public interface ReadOnlyContext<K> extends KeyedProcessFunction.Context<K> {
        /** @param descriptor one of those that the stream was broadcast with, by its name */
        <S, V> ReadOnlyBroadcastState<S, V> broadcastState(MapStateDescriptor<S, V> descriptor);
    }

    /** The timer at hand; valid during the call it is passed to. */
    public interface OnTimerContext<K> extends ReadOnlyContext<K>, KeyedProcessFunction.OnTimerContext<K> {}
}
