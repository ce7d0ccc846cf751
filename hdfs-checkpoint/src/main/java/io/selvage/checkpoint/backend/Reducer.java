package io.selvage.checkpoint.backend;

/** Joins two values into one; associative. */
@FunctionalInterface
public interface Reducer<T> {
    T reduce(T accumulated, T element) throws Exception;
}
