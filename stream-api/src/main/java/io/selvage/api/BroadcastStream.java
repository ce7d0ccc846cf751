package io.selvage.api;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.state.MapStateDescriptor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A stream that every subtask of what reads it gets the whole of, and the states in which that is kept. */
public final class BroadcastStream<T> {
    private final DataStream<T> elements;
    private final List<MapStateDescriptor<?, ?>> states;

    BroadcastStream(DataStream<T> elements, List<MapStateDescriptor<?, ?>> states) {
        this.elements = elements;
        this.states = List.copyOf(states);
        Set<String> names = new HashSet<>();
        for (MapStateDescriptor<?, ?> state : states) {
            if (!names.add(state.name())) {
                throw refused("two broadcast states are named " + state.name() + ". Give each a name of its own.");
            }
            if (state.timeToLive() != null) {
                throw refused("the broadcast state " + state.name()
                        + " has a time-to-live, which is for keyed state. Remove what has expired yourself.");
            }
        }
    }

    private InvalidProgramException refused(String reason) {
        return new InvalidProgramException("In broadcast of " + elements.describe() + ": " + reason);
    }

    DataStream<T> elements() {
        return elements;
    }

    List<MapStateDescriptor<?, ?>> states() {
        return states;
    }
}
