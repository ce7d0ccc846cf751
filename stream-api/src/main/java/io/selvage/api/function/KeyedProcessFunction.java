package io.selvage.api.function;

import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;

/**
 * The general function on a keyed stream: state for each key, and timers.
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

    /**
     * A timer of the current key has come due: the watermark, or the wall clock, has reached {@code timestampMillis}.
     * What is collected has that timestamp if it is of event time, and none if it is of processing time.
     */
    public void onTimer(long timestampMillis, OnTimerContext<K> context, Collector<O> out) throws Exception {}

    /** The element or timer at hand; valid during the call it is passed to. */
    public interface Context<K> extends ProcessFunction.Context {
        K key();

        /** Of this host's wall clock; does not go back while the subtask runs. */
        long processingTimeMillis();

        /**
         * Fires when the watermark reaches that time. At most one timer for a key, time and clock: registering it again
         * changes nothing.
         */
        void registerEventTimeTimer(long timestampMillis);

        void deleteEventTimeTimer(long timestampMillis);

        /**
         * Fires when the wall clock reaches that time; after a failure, too, and at once if that time has passed. At
         * the end of the input all that are left fire at once, and what is registered from then on has no effect.
         */
        void registerProcessingTimeTimer(long timestampMillis);

        void deleteProcessingTimeTimer(long timestampMillis);
    }

    /** The timer at hand; valid during the call it is passed to. */
    public interface OnTimerContext<K> extends Context<K> {
        /** The clock that the timer goes by. */
        TimeDomain timeDomain();
    }
}
