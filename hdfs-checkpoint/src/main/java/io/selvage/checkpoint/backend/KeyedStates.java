package io.selvage.checkpoint.backend;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.Serde;

/**
 * The states of a keyed operator, each bound to whichever key is current when it is used. A state is obtained once,
 * while the operator opens; what a checkpoint has of it is there from then on.
 */
public interface KeyedStates extends StateAccess {
    <T> ReducingState<T> reducing(String name, Serde<T> serde, Reducer<T> reducer);

    <I, A, R> AggregatingState<I, R> aggregating(
            String name, Serde<A> accumulatorSerde, AggregateFunction<I, A, R> function);
}
