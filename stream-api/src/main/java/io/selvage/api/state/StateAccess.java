package io.selvage.api.state;

/** Gives a keyed function its states, each bound to whichever key is current when it is used. */
public interface StateAccess {
    <T> ValueState<T> value(ValueStateDescriptor<T> descriptor);

    <T> ListState<T> list(ListStateDescriptor<T> descriptor);

    <K, V> MapState<K, V> map(MapStateDescriptor<K, V> descriptor);
}
