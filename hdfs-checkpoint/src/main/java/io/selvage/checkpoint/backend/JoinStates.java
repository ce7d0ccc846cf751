package io.selvage.checkpoint.backend;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/**
 * Owned by the backend's owner. What an interval join keeps of one of its streams: elements and their timestamps, by
 * the start of a stretch of time, and a timer for when that goes.
 *
 * @param timestamps of {@code elements}, in the same order
 */
public record JoinStates(
        NamespacedStates<Long> stretches,
        ListState<Long> timestamps,
        ListState<Object> elements,
        TimerQueue<Object, Long> ends) {
    /** Of the left and of the right stream. */
    public record Both(JoinStates left, JoinStates right) {}

    /** Obtains them. */
    public static Both of(
            KeyedStateBackend<Object> backend,
            OperatorDefinition.IntervalJoin<Object, Object, Object, Object> definition) {
        backend.layout(layoutOf(definition));
        return new Both(of(backend, "left", definition.leftSerde()), of(backend, "right", definition.rightSerde()));
    }

    /** Stretches are as long as the interval, and go by its ends. Checkpoints hold these words. */
    static String layoutOf(OperatorDefinition.IntervalJoin<?, ?, ?, ?> definition) {
        return "a join of elements from " + definition.lowerMillis() + " ms to " + definition.upperMillis()
                + " ms apart";
    }

    private static JoinStates of(KeyedStateBackend<Object> backend, String side, Serde<Object> serde) {
        NamespacedStates<Long> stretches = backend.namespacedInParts(Serdes.LONG);
        return new JoinStates(
                stretches,
                stretches.list(new ListStateDescriptor<>(side + "-timestamps", Serdes.LONG)),
                stretches.list(new ListStateDescriptor<>(side, serde)),
                backend.timers(side + "-end", Serdes.LONG));
    }
}
