package io.selvage.checkpoint.backend;

import io.selvage.api.state.AggregatingState;
import org.jspecify.annotations.Nullable;

/** An aggregating state of which the accumulator can be seen; used as the state is. */
public interface Accumulators<I, A, R> extends AggregatingState<I, R> {
    /** Null if nothing was added. It is the state's own. */
    @Nullable
    A accumulator();
}
