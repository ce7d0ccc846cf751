package io.selvage.api.function;

import java.io.Serializable;

/** Says which subtask an element goes to. */
@FunctionalInterface
public interface Partitioner<K> extends Serializable {
    /**
     * Called by the thread of the subtask that sends the element, and after a recovery by one that replays it.
     *
     * @param key of the element
     * @param parallelism of the receiving step
     * @return from 0 to {@code parallelism} - 1; the same whenever it is asked the same
     */
    int partition(K key, int parallelism);
}
