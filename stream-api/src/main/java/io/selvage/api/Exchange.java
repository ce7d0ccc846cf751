package io.selvage.api;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.Partitioner;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.type.Serde;
import org.jspecify.annotations.Nullable;

/**
 * To which subtasks of what reads them elements go.
 *
 * @param strict with {@link Partitioning#FORWARD}: nothing else will do
 */
record Exchange(
        Partitioning partitioning,
        boolean strict,
        @Nullable KeySelector<?, ?> key,
        @Nullable Serde<?> keySerde,
        @Nullable Partitioner<?> partitioner) {
    /** To the subtask of the same index if there are as many, else to each in turn. */
    static final Exchange NONE = of(Partitioning.FORWARD);

    static final Exchange FORWARD = new Exchange(Partitioning.FORWARD, true, null, null, null);

    static Exchange of(Partitioning partitioning) {
        return new Exchange(partitioning, false, null, null, null);
    }

    static <T, K> Exchange byKey(KeySelector<T, K> key, Serde<K> keySerde) {
        return new Exchange(Partitioning.HASH, false, key, keySerde, null);
    }

    static <T, K> Exchange by(Partitioner<K> partitioner, KeySelector<T, K> key) {
        return new Exchange(Partitioning.CUSTOM, false, key, null, partitioner);
    }

    boolean isForward() {
        return partitioning == Partitioning.FORWARD;
    }
}
