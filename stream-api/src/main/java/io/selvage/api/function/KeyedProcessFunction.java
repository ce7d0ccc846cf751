package io.selvage.api.function;

import io.selvage.api.state.StateAccess;

/**
 * The general function on a keyed stream: state for each key, and timers in event time.
 *
 * @param <K> keys
 * @param <I> elements in
 * @param <O> elements out
 */
public abstract class KeyedProcessFunction<K, I, O> implements Function {
    private static final long serialVersionUID = 1L;

    /**
     * Obtains the function's states; called once, after {@link #open(OpenContext)}.
     *
     * <p>The client calls it as well, on a copy of the function that was never opened, before a job goes on from a
     * savepoint: it compares what is asked for with what the savepoint holds. What throws an exception there is
     * compared only when the job starts.
     */
    public void openState(StateAccess states) throws Exception {}

    public abstract void process(I element, Context<K> context, Collector<O> out) throws Exception;

    /** A timer of the current key has come due: the watermark has reached {@code timestampMillis}. */
    public void onTimer(long timestampMillis, Context<K> context, Collector<O> out) throws Exception {}

    /** The element or timer at hand; valid during the call it is passed to. */
    public interface Context<K> extends ProcessFunction.Context {
        K key();

        /** At most one timer for a key and time: registering it again changes nothing. */
        void registerTimer(long timestampMillis);

        void deleteTimer(long timestampMillis);
    }
}
