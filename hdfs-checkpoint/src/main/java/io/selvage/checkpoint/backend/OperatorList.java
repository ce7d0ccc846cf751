package io.selvage.checkpoint.backend;

import java.util.List;

/** Owned by the subtask's thread. A list that belongs to a subtask rather than to a key. */
public interface OperatorList<T> {
    /** A view, which changes as the list does. */
    List<T> items();

    void add(T item);

    /** Puts these in the place of what is there. */
    void replace(List<? extends T> items);

    void clear();
}
