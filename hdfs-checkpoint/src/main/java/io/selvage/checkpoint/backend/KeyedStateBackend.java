package io.selvage.checkpoint.backend;

import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serde;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. The state and timers that one keyed operator has in one subtask, for the key groups of
 * that subtask.
 *
 * <p>Use: create with what to start from, obtain every state and timer queue, call {@link #opened()}, then for each
 * element set the current key. Names are unique among states and timer queues.
 */
public interface KeyedStateBackend<K> {
    void setCurrentKey(K key);

    /** These become the current key soon, one after the other: what they have is fetched from memory at once. */
    void prefetch(Object[] keys, int count);

    /** A use of state fails until a key is set. */
    void forgetCurrentKey();

    /** @throws IllegalStateException if none was set */
    K currentKey();

    /** States that each key has one of. */
    StateAccess states();

    /** States that each key has one of for each namespace. */
    <N> NamespacedStates<N> namespaced(Serde<N> namespaceSerde);

    /**
     * The same for lists alone, which can't be merged. What a key has of one in one namespace may be much: what is used
     * of it, and what changes of it, is what costs.
     *
     * @param namespaceSerde is canonical
     */
    <N> NamespacedStates<N> namespacedInParts(Serde<N> namespaceSerde);

    /** Of event time. */
    default <N> TimerQueue<K, N> timers(String name, Serde<N> namespaceSerde) {
        return timers(name, namespaceSerde, TimeDomain.EVENT_TIME);
    }

    <N> TimerQueue<K, N> timers(String name, Serde<N> namespaceSerde, TimeDomain domain);

    /**
     * Says what the namespaces of all states and timers stand for, in words that checkpoints keep; at most once.
     *
     * @throws StateMismatchException if what is restored was written for something else; it may be from before there
     *     were such words
     */
    void layout(String words);

    /**
     * All states are obtained; lets go of what was restored.
     *
     * @return names of states and timers that the checkpoint has and the operator has not, and that are dropped
     */
    List<String> opened();

    /**
     * Cuts, between two elements: what the checkpoint needs so that any number of subtasks can be restored from it. The
     * caller completes it, between elements too; one that is not complete is given up by the next cut, by an abort, and
     * by the end of the backend.
     */
    KeyedCut snapshot(long checkpoint);

    /**
     * The same for a savepoint: one segment that stands alone, whatever the state's size, and on which nothing is ever
     * built. What checkpoints before and after it consist of is as if there had been none. It is settled by an abort
     * once it is stored, or else confirmed as the last cut of all.
     */
    KeyedCut snapshotWhole(long savepoint);

    /** The checkpoint is complete. Unknown ones, and those before the last confirmed, are let pass. */
    void confirm(long checkpoint);

    /**
     * The checkpoint, and those before it that are not confirmed, will never be complete.
     *
     * @param isStored what was cut for it is in the store, or on its way there, and stays for as long as nothing newer
     *     is complete: the next cut may be added to it. If it does not arrive, the same is said once more, with false
     */
    void abort(long checkpoint, boolean isStored);

    /** The end of this backend: what a later one can start from; null if that is nothing to rely on. */
    @Nullable
    RetainedState retain();

    /** Keys that have any state. */
    int keyCount();
}
