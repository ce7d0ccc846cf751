package io.selvage.api.state;

import java.io.Serializable;

/** Joins two values of one type into one; associative. Called by the subtask's thread. */
@FunctionalInterface
public interface Reducer<T> extends Serializable {
    /** Changes neither: both may be elements, which are immutable. */
    T reduce(T accumulated, T element) throws Exception;
}
