package io.selvage.api.function;

import io.selvage.api.state.Reducer;

/** Joins two elements into one of the same type; associative. Neither of them is changed, as elements are immutable. */
@FunctionalInterface
public interface ReduceFunction<T> extends Function, Reducer<T> {}
