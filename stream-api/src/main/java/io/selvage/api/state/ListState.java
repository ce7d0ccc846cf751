package io.selvage.api.state;

import java.util.ArrayList;
import java.util.List;

/**
 * A list for the current key. Adding an element costs the same however many there are, but not where the list belongs
 * to windows.
 */
public interface ListState<T> {
    void add(T element);

    /** In the order of addition; empty if there is none. Valid until the state or the key changes. */
    Iterable<T> elements();

    /** These take the place of what there is. They are read before anything is changed, so {@link #elements} may do. */
    default void update(Iterable<? extends T> elements) {
        List<T> all = new ArrayList<>();
        elements.forEach(all::add);
        clear();
        all.forEach(this::add);
    }

    void clear();
}
