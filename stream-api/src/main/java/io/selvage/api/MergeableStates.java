package io.selvage.api;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.Opaque;
import io.selvage.api.state.AggregatingState;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.window.Trigger;
import org.jspecify.annotations.Nullable;

/** Used by the program's thread: finds out whether a trigger has states that can't be joined, as sessions need it. */
final class MergeableStates implements StateAccess {
    private @Nullable StateDescriptor refused;

    private MergeableStates() {}

    /** @param operation named in messages */
    static void check(Trigger<?> trigger, String operation) {
        MergeableStates states = new MergeableStates();
        try {
            ((Trigger<?>) Opaque.read(
                            Opaque.write(trigger, operation), trigger.getClass().getClassLoader(), operation))
                    .openState(states);
        } catch (InvalidProgramException e) {
            throw e;
        } catch (Exception e) {
            // It works with its states at once, which are none here. What it has asked for until then is known.
        }
        StateDescriptor found = states.refused;
        if (found != null) {
            throw new InvalidProgramException("In " + operation + ": the trigger's state \"" + found.name()
                    + "\" is a value or a map, which can't be joined when sessions are. Make it a ReducingState, an"
                    + " AggregatingState or a ListState.");
        }
    }

    @Override
    public <T> ValueState<T> value(ValueStateDescriptor<T> descriptor) {
        refused = descriptor;
        return none();
    }

    @Override
    public <T> ListState<T> list(ListStateDescriptor<T> descriptor) {
        return none();
    }

    @Override
    public <K, V> MapState<K, V> map(MapStateDescriptor<K, V> descriptor) {
        refused = descriptor;
        return none();
    }

    @Override
    public <T> ReducingState<T> reducing(ReducingStateDescriptor<T> descriptor) {
        return none();
    }

    @Override
    public <I, A, R> AggregatingState<I, R> aggregating(AggregatingStateDescriptor<I, A, R> descriptor) {
        return none();
    }

    @SuppressWarnings("NullAway") // Nobody uses it.
    private static <S> S none() {
        return null;
    }
}
