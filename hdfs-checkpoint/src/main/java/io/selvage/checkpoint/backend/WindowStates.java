package io.selvage.checkpoint.backend;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.SessionWindows;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend's owner. What a window operator keeps: contents by the start of a window, or of the pane that
 * several windows share, and timers by the start of a window.
 *
 * @param contents the accumulators' namespaces
 * @param sessions by their starts, their ends; null: the windows are no sessions
 * @param ofTrigger the trigger's states by window; null: there is no trigger
 * @param eventTimers null: the operator uses none
 * @param processingTimers null: the operator uses none
 */
public record WindowStates(
        NamespacedStates<Long> contents,
        Accumulators<Object, Object, Object> accumulators,
        @Nullable MapState<Long, Long> sessions,
        @Nullable NamespacedStates<Long> ofTrigger,
        @Nullable TimerQueue<Object, Long> eventTimers,
        @Nullable TimerQueue<Object, Long> processingTimers) {

    /**
     * Obtains them, and has the trigger obtain its own.
     *
     * @throws Exception what the trigger throws
     */
    public static WindowStates of(
            KeyedStateBackend<Object> backend,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition)
            throws Exception {
        NamespacedStates<Long> contents = backend.namespaced(Serdes.LONG);
        Accumulators<Object, Object, Object> accumulators = contents.aggregating(
                new AggregatingStateDescriptor<>("window", definition.accumulatorSerde(), definition.aggregate()));
        boolean isSession = definition.windows() instanceof SessionWindows;
        boolean isTriggered = definition.trigger() != null;
        TimeDomain time = definition.windows().time();
        TimerQueue<Object, Long> eventTimers = isTriggered || time == TimeDomain.EVENT_TIME
                ? backend.timers("window-end", Serdes.LONG, TimeDomain.EVENT_TIME)
                : null;
        TimerQueue<Object, Long> processingTimers = isTriggered || time == TimeDomain.PROCESSING_TIME
                ? backend.timers("window-end-processing", Serdes.LONG, TimeDomain.PROCESSING_TIME)
                : null;
        MapState<Long, Long> sessions =
                isSession ? backend.states().map(new MapStateDescriptor<>("sessions", Serdes.LONG, Serdes.LONG)) : null;
        NamespacedStates<Long> ofTrigger = null;
        if (isTriggered) {
            ofTrigger = backend.namespaced(Serdes.LONG);
            Objects.requireNonNull(definition.trigger()).openState(ofTrigger);
        }
        return new WindowStates(contents, accumulators, sessions, ofTrigger, eventTimers, processingTimers);
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
