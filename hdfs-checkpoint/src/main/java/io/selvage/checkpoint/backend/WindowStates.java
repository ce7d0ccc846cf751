package io.selvage.checkpoint.backend;

import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.AlignedWindows;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend's owner. What a window operator keeps: contents by the start of a window, or of the pane that
 * several windows share, and timers by the start of a window.
 *
 * @param contents the accumulators' namespaces
 * @param sessions by their starts, their ends; null: the windows are no sessions
 * @param ofTrigger the trigger's states by window; null: there is no trigger
 * @param ofFunction the states by window of the function that is given their results; null: it can have none
 * @param eventTimers null: the operator uses none
 * @param processingTimers null: the operator uses none
 */
public record WindowStates(
        NamespacedStates<Long> contents,
        Accumulators<Object, Object, Object> accumulators,
        @Nullable MapState<Long, Long> sessions,
        @Nullable NamespacedStates<Long> ofTrigger,
        @Nullable NamespacedStates<Long> ofFunction,
        @Nullable TimerQueue<Object, Long> eventTimers,
        @Nullable TimerQueue<Object, Long> processingTimers) {

    // Users' states are beside these, so that a name that comes to them later has to begin with '#'.
    private static final String CONTENTS = "window";
    private static final String EVENT_TIMERS = "window-end";
    private static final String PROCESSING_TIMERS = "window-end-processing";
    private static final String SESSIONS = "sessions";

    /**
     * Obtains them, and has the trigger and the function obtain their own.
     *
     * @throws Exception what these throw
     */
    public static WindowStates of(
            KeyedStateBackend<Object> backend,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition)
            throws Exception {
        backend.layout(layoutOf(definition));
        NamespacedStates<Long> contents = backend.namespaced(Serdes.LONG);
        Accumulators<Object, Object, Object> accumulators = contents.aggregating(
                new AggregatingStateDescriptor<>(CONTENTS, definition.accumulatorSerde(), definition.aggregate()));
        boolean isSession = definition.windows() instanceof SessionWindows;
        boolean isTriggered = definition.trigger() != null;
        TimeDomain time = definition.windows().time();
        TimerQueue<Object, Long> eventTimers = isTriggered || time == TimeDomain.EVENT_TIME
                ? backend.timers(EVENT_TIMERS, Serdes.LONG, TimeDomain.EVENT_TIME)
                : null;
        TimerQueue<Object, Long> processingTimers = isTriggered || time == TimeDomain.PROCESSING_TIME
                ? backend.timers(PROCESSING_TIMERS, Serdes.LONG, TimeDomain.PROCESSING_TIME)
                : null;
        MapState<Long, Long> sessions =
                isSession ? backend.states().map(new MapStateDescriptor<>(SESSIONS, Serdes.LONG, Serdes.LONG)) : null;
        NamespacedStates<Long> ofTrigger = null;
        if (isTriggered) {
            ofTrigger = backend.namespaced(Serdes.LONG);
            Objects.requireNonNull(definition.trigger()).openState(ofTrigger);
        }
        NamespacedStates<Long> ofFunction = null;
        if (definition.result().function() instanceof ProcessWindowFunction<?, ?, ?> function) {
            function.openState(backend.states());
            if (isTriggered && !isSession) {
                ofFunction = backend.namespaced(Serdes.LONG);
                function.openWindowState(ofFunction);
            }
        }
        return new WindowStates(contents, accumulators, sessions, ofTrigger, ofFunction, eventTimers, processingTimers);
    }

    /** What a window's start, which is all that is kept of it, stands for. Checkpoints hold these words. */
    static String layoutOf(OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> definition) {
        String clock = definition.windows().time() == TimeDomain.EVENT_TIME ? "event time" : "processing time";
        if (definition.windows() instanceof AlignedWindows aligned) {
            boolean arePanes = definition.trigger() == null && aligned.slideMillis() != aligned.sizeMillis();
            return "windows of " + aligned.sizeMillis() + " ms each " + aligned.slideMillis() + " ms with an offset of "
                    + aligned.offsetMillis() + " ms by " + clock + (arePanes ? ", in panes" : "");
        }
        if (definition.windows() instanceof SessionWindows) {
            return "sessions by " + clock + (definition.trigger() != null ? ", with a trigger" : "");
        }
        return "global windows";
    }

    /**
     * Of sliding windows and sessions, for checkpoints from before there were layouts: without a trigger sliding
     * windows keep what is of panes that they share, and sessions a timer that does not go with them. The clock that is
     * not the windows' own has timers with a trigger alone.
     *
     * @param operator named in messages
     * @return what is refused, as it was written for the other; empty: nothing
     */
    static List<StateFate> refusals(
            String operator, OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> definition, StateSchema written) {
        boolean isTriggered = definition.trigger() != null;
        boolean isEventTime = definition.windows().time() == TimeDomain.EVENT_TIME;
        boolean isSession = definition.windows() instanceof SessionWindows;
        if (!(isSession ? written.indexOf(SESSIONS) >= 0 : definition.windows() instanceof SlidingWindows)
                || written.indexOf(isEventTime ? EVENT_TIMERS : PROCESSING_TIMERS) < 0
                || written.indexOf(isEventTime ? PROCESSING_TIMERS : EVENT_TIMERS) >= 0 == isTriggered) {
            return List.of();
        }
        String one = isSession ? "a trigger" : "a trigger or states of single windows (openWindowState)";
        String words = "The " + (isSession ? "sessions" : "sliding windows") + " of operator " + operator
                + " were written "
                + (isTriggered ? "without " + one + ", and now have such" : "with " + one + ", and now have none")
                + ": what they hold is kept in another way then, and can't be read. Leave that as it was, or give the"
                + " operator another uid to start it without its state.";
        return List.of(new StateFate(CONTENTS, StateFate.Kind.REFUSED, words));
    }

    /** Of the windows' own clock. */
    public TimerQueue<Object, Long> timers(TimeDomain domain) {
        return Objects.requireNonNull(
                switch (domain) {
                    case EVENT_TIME -> eventTimers;
                    case PROCESSING_TIME -> processingTimers;
                });
    }
}
