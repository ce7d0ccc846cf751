package io.selvage.api.window;

import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import java.io.Serializable;

/**
 * Says when a window gives its result. It travels with the job graph; each subtask has its own copy and calls it from
 * its thread. An exception ends the subtask and starts the job's recovery.
 *
 * <p>A window goes when its time, with the allowed lateness, is over, and with it the trigger's states and timers of
 * that window, whatever the trigger says. {@link #onTimer} is called then, too, whether or not there was a timer of the
 * trigger at that time.
 *
 * @param <T> elements
 */
public interface Trigger<T> extends Serializable {
    /** What becomes of the window. */
    enum Result {
        CONTINUE(false, false),
        /** It gives its result, and keeps its contents. */
        FIRE(true, false),
        /** It loses its contents. */
        PURGE(false, true),
        FIRE_AND_PURGE(true, true);

        private final boolean fires;
        private final boolean purges;

        Result(boolean fires, boolean purges) {
            this.fires = fires;
            this.purges = purges;
        }

        public boolean fires() {
            return fires;
        }

        public boolean purges() {
            return purges;
        }
    }

    /**
     * Obtains the trigger's states, of which each key has one for each window; they have no time-to-live. The client
     * calls it as well, on a copy of the trigger, and compares what is asked for.
     *
     * <p>When sessions are joined, so are their states: what was reduced and what was aggregated by their functions,
     * lists one behind the other. Values and maps can't be: for session windows they are refused.
     */
    default void openState(StateAccess states) throws Exception {}

    /** The element is part of the window's contents already. */
    Result onElement(T element, long timestampMillis, Context context) throws Exception;

    default Result onTimer(long timestampMillis, TimeDomain domain, Context context) throws Exception {
        return Result.CONTINUE;
    }

    /**
     * A session is a new window now, as it has grown or was joined with others, whose states it has. Timers of those
     * have gone: here is the place to register those that are needed. An element follows.
     */
    default void onMerge(Context context) throws Exception {}

    /** The window at hand; valid during the call it is passed to. */
    interface Context {
        Window window();

        /** The clock that the window goes by. */
        TimeDomain windowTime();

        /** {@link Long#MIN_VALUE} before the first watermark. */
        long watermarkMillis();

        long processingTimeMillis();

        void registerEventTimeTimer(long timestampMillis);

        void deleteEventTimeTimer(long timestampMillis);

        /** Of no effect at the end of the input: the timers that there are then fire at once. */
        void registerProcessingTimeTimer(long timestampMillis);

        void deleteProcessingTimeTimer(long timestampMillis);

        /** Registers a timer for when the window is over, by its own clock. */
        default void registerEndTimer() {
            switch (windowTime()) {
                case EVENT_TIME -> registerEventTimeTimer(window().lastMillis());
                case PROCESSING_TIME -> {
                    if (window().endMillis() != Long.MAX_VALUE) {
                        registerProcessingTimeTimer(window().endMillis());
                    }
                }
            }
        }

        /** Whether a timer of that time says that the window is over. */
        default boolean isEnd(long timestampMillis, TimeDomain domain) {
            long endMillis = windowTime() == TimeDomain.EVENT_TIME ? window().lastMillis() : window().endMillis();
            return domain == windowTime() && timestampMillis == endMillis;
        }

        /** Whether an element is one that came after the window's time, and within the allowed lateness. */
        default boolean isLate() {
            return windowTime() == TimeDomain.EVENT_TIME && window().lastMillis() <= watermarkMillis();
        }
    }
}
