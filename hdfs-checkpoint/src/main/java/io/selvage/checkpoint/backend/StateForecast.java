package io.selvage.checkpoint.backend;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serde;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Used by one thread. The states that a keyed operator asks for, found by having it ask for them outside of any job; so
 * it can be told from schemas alone what becomes of a checkpoint's states.
 */
public final class StateForecast {
    /** The timers of a {@link OperatorDefinition.KeyedProcess}. */
    public static final String PROCESS_TIMERS = "#timers";
    /** Those of processing time. */
    public static final String PROCESS_ALARMS = "#processing-timers";

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
    @SuppressWarnings("unchecked")
    public static @Nullable StateForecast of(String operator, OperatorDefinition definition, int maxParallelism)
            throws Exception {
        if (definition instanceof OperatorDefinition.KeyedProcess<?, ?, ?> process) {
            RowKeyedStateBackend<?> backend = nowhere(operator, process.keySerde(), maxParallelism);
            backend.timers(PROCESS_TIMERS, NoNamespace.SERDE);
            backend.timers(PROCESS_ALARMS, NoNamespace.SERDE, TimeDomain.PROCESSING_TIME);
            process.function().openState(backend.states());
            return new StateForecast(backend);
        }
        if (definition instanceof OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> window) {
            return of(
                    operator,
                    (OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object>) window,
                    maxParallelism);
        }
        return null;
    }

    private static StateForecast of(
            String operator,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> window,
            int maxParallelism)
            throws Exception {
        RowKeyedStateBackend<Object> backend = nowhere(operator, window.keySerde(), maxParallelism);
        WindowStates.of(backend, window);
        return new StateForecast(backend);
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
