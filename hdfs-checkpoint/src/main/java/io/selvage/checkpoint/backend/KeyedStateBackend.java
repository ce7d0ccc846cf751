package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.List;

/**
 * Owned by the subtask's thread. The state and timers that one keyed operator has in one subtask, for the key groups of
 * that subtask.
 *
 * <p>Use: create with the segments to restore from, obtain every state and timer queue, call {@link #opened()}, then
 * for each element set the current key. Names are unique among states and timer queues.
 */
public interface KeyedStateBackend<K> {
    void setCurrentKey(K key);

    /** @throws IllegalStateException if none was set */
    K currentKey();

    /** States that each key has one of. */
    KeyedStates states();

    /** States that each key has one of for each namespace. */
    <N> NamespacedStates<N> namespaced(Serde<N> namespaceSerde);

    <N> TimerQueue<K, N> timers(String name, Serde<N> namespaceSerde);

    /**
     * All states are obtained; lets go of what was restored.
     *
     * @return names of states and timers that the checkpoint has and the operator has not, and that are dropped
     */
    List<String> opened();

    /** Writes all that there is, so that it can be restored by any number of subtasks. */
    void snapshot(BinaryWriter out);

    /** Keys that have any state. */
    int keyCount();
}
