package io.selvage.api.state;

/**
 * Gives a keyed function its states, each bound to whichever key is current when it is used. A state is obtained once,
 * while the function opens; what a checkpoint has of it is there from then on.
 */
public interface StateAccess {
    <T> ValueState<T> value(ValueStateDescriptor<T> descriptor);

    <T> ListState<T> list(ListStateDescriptor<T> descriptor);

    <K, V> MapState<K, V> map(MapStateDescriptor<K, V> descriptor);

    <T> ReducingState<T> reducing(ReducingStateDescriptor<T> descriptor);

    <I, A, R> AggregatingState<I, R> aggregating(AggregatingStateDescriptor<I, A, R> descriptor);
}
