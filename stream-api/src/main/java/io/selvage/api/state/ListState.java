package io.selvage.api.state;

/**
 * A list for the current key. Adding an element costs the same however many there are, but not where the list belongs
 * to windows.
 */
public interface ListState<T> {
    void add(T element);

    /** In the order of addition; empty if there is none. Valid until the state or the key changes. */
    Iterable<T> elements();

    void clear();
}
