package io.selvage.api;

import io.selvage.api.function.AsyncFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import java.time.Duration;

/**
 * Steps that ask something outside of the job for each element, with many elements under way at once; they keep these
 * in checkpoints, and so need a uid. No result passes a watermark, in either direction.
 */
public final class AsyncDataStream {
    private AsyncDataStream() {}

    /**
     * Results come in the order of the elements: an answer waits for those to the elements before it.
     *
     * @param timeout for each element, from when it is asked for
     * @param capacity the most elements that are under way in a subtask; more wait
     */
    @SuppressWarnings("unchecked")
    public static <I, O> DataStream<O> orderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity) {
        return orderedWait(stream, function, timeout, capacity, (Serde<O>) result(stream, function));
    }

    public static <I, O> DataStream<O> orderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity, Class<O> type) {
        return orderedWait(stream, function, timeout, capacity, Types.of(type, operation(stream)));
    }

    public static <I, O> DataStream<O> orderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity, Serde<O> type) {
        return step(stream, function, true, timeout, capacity, type);
    }

    /** Results come as soon as they are there, in any order between two watermarks. */
    @SuppressWarnings("unchecked")
    public static <I, O> DataStream<O> unorderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity) {
        return unorderedWait(stream, function, timeout, capacity, (Serde<O>) result(stream, function));
    }

    public static <I, O> DataStream<O> unorderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity, Class<O> type) {
        return unorderedWait(stream, function, timeout, capacity, Types.of(type, operation(stream)));
    }

    public static <I, O> DataStream<O> unorderedWait(
            DataStream<I> stream, AsyncFunction<I, O> function, Duration timeout, int capacity, Serde<O> type) {
        return step(stream, function, false, timeout, capacity, type);
    }

    private static Serde<?> result(DataStream<?> stream, AsyncFunction<?, ?> function) {
        return Types.argument(function, AsyncFunction.class, 1, operation(stream));
    }

    private static String operation(DataStream<?> stream) {
        return "async after " + stream.describe();
    }

    private static <I, O> DataStream<O> step(
            DataStream<I> stream,
            AsyncFunction<I, O> function,
            boolean ordered,
            Duration timeout,
            int capacity,
            Serde<O> type) {
        if (timeout.toMillis() < 1 || capacity < 1) {
            throw new InvalidProgramException("In async after " + stream.describe() + ": a time-out of " + timeout
                    + " and a capacity of " + capacity + " are not possible; they are at least 1 ms and 1.");
        }
        return stream.then(
                        "async",
                        new OperatorDefinition.Async<>(function, stream.serde(), ordered, timeout.toMillis(), capacity),
                        type)
                .startNewChain();
    }
}
