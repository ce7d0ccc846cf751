package io.selvage.api.function;

import io.selvage.api.state.StateAccess;

/**
 * The general function on two keyed streams: elements of both that have the same key share state and timers.
 *
 * @param <K> keys
 * @param <A> elements of the first stream
 * @param <B> elements of the second stream
 * @param <O> elements out
 */
public abstract class KeyedCoProcessFunction<K, A, B, O> implements Function {
    private static final long serialVersionUID = 1L;

    /** As {@link KeyedProcessFunction#openState}; also by the client. */
    public void openState(StateAccess states) throws Exception {}

    /** An element of the first stream. */
    public abstract void process1(A element, Context<K> context, Collector<O> out) throws Exception;

    /** An element of the second stream. */
    public abstract void process2(B element, Context<K> context, Collector<O> out) throws Exception;

    /**
     * A timer of the current key has come due: the watermark, which is the lower one of both streams, or the wall clock
     * has reached {@code timestampMillis}. As {@link KeyedProcessFunction#onTimer}.
     */
    public void onTimer(long timestampMillis, OnTimerContext<K> context, Collector<O> out) throws Exception {}

    /** The element or timer at hand; valid during the call it is passed to. */
    public interface Context<K> extends KeyedProcessFunction.Context<K> {}

    /** The timer at hand; valid during the call it is passed to. */
    public interface OnTimerContext<K> extends Context<K>, KeyedProcessFunction.OnTimerContext<K> {}
}
