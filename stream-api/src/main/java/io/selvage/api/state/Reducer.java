package io.selvage.api.state;

import java.io.Serializable;

/** Joins two values of one type into one; associative. Called by the subtask's thread. */
@FunctionalInterface
public interface Reducer<T> extends Serializable {
    /** May change and return the first; the second is what was added, and is not changed. */
    T reduce(T accumulated, T element) throws Exception;
}
