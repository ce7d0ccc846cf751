package io.selvage.api.state;

/**
 * A map that every subtask has the whole of, in the heap. It is written to each checkpoint as a whole, by every
 * subtask; a subtask that is new after a change of the parallelism gets that of one that was there. Keys are equal by
 * {@code equals}; values are not changed afterwards, but replaced.
 */
public interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V> {
    void put(K key, V value);

    void remove(K key);

    void clear();
}
