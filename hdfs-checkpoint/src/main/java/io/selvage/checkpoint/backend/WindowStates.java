package io.selvage.checkpoint.backend;

import io.selvage.api.function.ProcessWindowFunction;
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

    /**
     * Obtains them, and has the trigger and the function obtain their own.
     *
     * @throws Exception what these throw
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

    /** Of the windows' own clock. */
    public TimerQueue<Object, Long> timers(TimeDomain domain) {
        return Objects.requireNonNull(
                switch (domain) {
                    case EVENT_TIME -> eventTimers;
                    case PROCESSING_TIME -> processingTimers;
                });
    }
}
