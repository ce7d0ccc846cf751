package io.selvage.checkpoint.backend;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Used by one thread. The states that a keyed operator asks for, found by having it ask for them outside of any job; so
 * it can be told from schemas alone what becomes of a checkpoint's states.
 */
public final class StateForecast {
    /** The timers of an operator with a user's general function. */
    public static final String PROCESS_TIMERS = "#timers";
    /** The accumulators of a {@link OperatorDefinition.WindowAggregate}, by the starts of windows. */
    public static final String WINDOW_ACCUMULATORS = "window";
    /** Its timers. */
    public static final String WINDOW_ENDS = "window-end";

    private final RowKeyedStateBackend<?> backend;

    private StateForecast(RowKeyedStateBackend<?> backend) {
        this.backend = backend;
    }

    /**
     * Calls the user's function, on this thread.
     *
     * @param operator named in messages
     * @param definition a copy that nobody else has
     * @return null: what states it has, if any, is not known here
     * @throws Exception what the function throws; its states are not known then
     */
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
            RowKeyedStateBackend<?> backend = nowhere(operator, window.keySerde(), maxParallelism);
            declareWindow(backend, window);
            return new StateForecast(backend);
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
        function.openState(backend.states());
        return new StateForecast(backend);
    }

    private static <I, A, R> void declareWindow(
            RowKeyedStateBackend<?> backend, OperatorDefinition.WindowAggregate<?, I, A, R, ?> window) {
        Serde<Long> starts = Serdes.of(Long.class);
        backend.namespaced(starts)
                .aggregating(new AggregatingStateDescriptor<>(
                        WINDOW_ACCUMULATORS, window.accumulatorSerde(), window.aggregate()));
        backend.timers(WINDOW_ENDS, starts);
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
        return backend.fatesOf(written);
    }
}
