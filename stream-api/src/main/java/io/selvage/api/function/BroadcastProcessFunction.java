package io.selvage.api.function;

import io.selvage.api.state.BroadcastState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReadOnlyBroadcastState;

/**
 * A function on a stream, and on another one that every subtask gets the whole of: what comes of that is kept in
 * broadcast state, by which the elements of the first are handled.
 *
 * <p>Every subtask has the broadcast state to itself, and is to change it in the same way: by the broadcast element
 * alone. Elements of several subtasks are not broadcast in the same order everywhere.
 *
 * @param <A> elements of the stream that is not broadcast
 * @param <B> broadcast elements
 * @param <O> elements out
 */
public abstract class BroadcastProcessFunction<A, B, O> implements Function {
    private static final long serialVersionUID = 1L;

    public abstract void process(A element, ReadOnlyContext context, Collector<O> out) throws Exception;

    /** A broadcast element, in every subtask. */
    public abstract void processBroadcast(B element, Context context, Collector<O> out) throws Exception;

    /** The element at hand; valid during the call it is passed to. */
    public interface ReadOnlyContext extends ProcessFunction.Context {
        /** @param descriptor one of those that the stream was broadcast with, by its name */
        <K, V> ReadOnlyBroadcastState<K, V> broadcastState(MapStateDescriptor<K, V> descriptor);
    }

    /** The broadcast element at hand; valid during the call it is passed to. */
    public interface Context extends ReadOnlyContext {
        @Override
        <K, V> BroadcastState<K, V> broadcastState(MapStateDescriptor<K, V> descriptor);
    }
}
