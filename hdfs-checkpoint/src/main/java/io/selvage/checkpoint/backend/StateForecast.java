package io.selvage.checkpoint.backend;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serde;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Used by one thread. The states that a keyed operator asks for, found by having it ask for them outside of any job; so
 * it can be told from schemas alone what becomes of a checkpoint's states.
 */
public final class StateForecast {
    /** The timers of an operator with a user's general function. */
    public static final String PROCESS_TIMERS = "#timers";
    /** Those of processing time. */
    public static final String PROCESS_ALARMS = "#processing-timers";

    private final RowKeyedStateBackend<?> backend;
    private final Function<StateSchema, List<StateFate>> layout;

    private StateForecast(RowKeyedStateBackend<?> backend) {
        this(backend, written -> List.of());
    }

    /** @param layout refuses what has the same schemas, and yet means something else */
    private StateForecast(RowKeyedStateBackend<?> backend, Function<StateSchema, List<StateFate>> layout) {
        this.backend = backend;
        this.layout = layout;
    }

    /**
     * What has the same schemas, and yet means something else: it was written for other windows, or another interval.
     * Calls nothing of the user's, whose functions may fail.
     *
     * @param operator named in messages
     * @param written what one subtask has put into the checkpoint is made of
     * @return what is refused; empty: nothing
     */
    public static List<StateFate> layoutRefusals(String operator, OperatorDefinition definition, StateSchema written) {
        String layout;
        if (definition instanceof OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> window) {
            if (!written.hasLayout()) {
                return WindowStates.refusals(operator, window, written);
            }
            layout = WindowStates.layoutOf(window);
        } else if (definition instanceof OperatorDefinition.IntervalJoin<?, ?, ?, ?> join) {
            layout = JoinStates.layoutOf(join);
        } else {
            return List.of();
        }
        StateSchema.Section declared = new StateSchema.Section(StateSchema.Kind.LAYOUT, StateSchema.LAYOUT, layout);
        StateFate fate = written.fateOf(operator, declared, null);
        return fate.kind() == StateFate.Kind.REFUSED ? List.of(fate) : List.of();
    }

    /**
     * Calls the user's function, on this thread.
     *
     * @param operator named in messages
     * @param definition a copy that nobody else has
     * @return null: what states it has, if any, is not known here
     * @throws Exception what the function throws; its states are not known then
     */
    @SuppressWarnings("unchecked")
    public static @Nullable StateForecast of(String operator, OperatorDefinition definition, int maxParallelism)
            throws Exception {
        if (definition instanceof OperatorDefinition.KeyedProcess<?, ?, ?> process) {
            return ofFunction(operator, process.keySerde(), maxParallelism, process.function()::openState);
        }
        if (definition instanceof OperatorDefinition.KeyedCoProcess<?, ?, ?, ?> process) {
            return ofFunction(operator, process.keySerde(), maxParallelism, process.function()::openState);
        }
        if (definition instanceof OperatorDefinition.KeyedBroadcastProcess<?, ?, ?, ?> process) {
            return ofFunction(operator, process.keySerde(), maxParallelism, process.function()::openState);
        }
        if (definition instanceof OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> window) {
            return of(
                    operator,
                    (OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object>) window,
                    maxParallelism);
        }
        if (definition instanceof OperatorDefinition.IntervalJoin<?, ?, ?, ?> join) {
            RowKeyedStateBackend<Object> backend = nowhere(operator, (Serde<Object>) join.keySerde(), maxParallelism);
            JoinStates.of(backend, (OperatorDefinition.IntervalJoin<Object, Object, Object, Object>) join);
            return new StateForecast(backend, written -> layoutRefusals(operator, join, written));
        }
        return null;
    }

    /** The user's function, as far as its states are concerned. */
    private interface Declaring {
        void openState(StateAccess states) throws Exception;
    }

    private static StateForecast ofFunction(String operator, Serde<?> keySerde, int maxParallelism, Declaring function)
            throws Exception {
        RowKeyedStateBackend<?> backend = nowhere(operator, keySerde, maxParallelism);
        backend.timers(PROCESS_TIMERS, NoNamespace.SERDE);
        backend.timers(PROCESS_ALARMS, NoNamespace.SERDE, TimeDomain.PROCESSING_TIME);
        function.openState(backend.states());
        return new StateForecast(backend);
    }

    private static StateForecast of(
            String operator,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> window,
            int maxParallelism)
            throws Exception {
        RowKeyedStateBackend<Object> backend = nowhere(operator, window.keySerde(), maxParallelism);
        WindowStates.of(backend, window);
        return new StateForecast(backend, written -> layoutRefusals(operator, window, written));
    }

    private static <K> RowKeyedStateBackend<K> nowhere(String operator, Serde<K> keySerde, int maxParallelism) {
        return new RowKeyedStateBackend<>(
                operator, keySerde, maxParallelism, new KeyGroupRange(0, 0), KeyedOrigin.NOTHING);
    }

    /**
     * What becomes of states: of those that the operator has, then of others that the checkpoint has.
     *
     * @param written what one subtask has put into the checkpoint is made of
     */
    public List<StateFate> of(StateSchema written) {
        List<StateFate> refusals = layout.apply(written);
        return refusals.isEmpty() ? backend.fatesOf(written) : refusals;
    }
}
