package io.selvage.api.graph;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.Partitioner;
import io.selvage.api.type.Serde;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What an edge needs to know of its elements.
 *
 * @param key with {@link Partitioning#HASH} and {@link Partitioning#CUSTOM} alone
 * @param keySerde with {@link Partitioning#HASH} alone
 * @param partitioner with {@link Partitioning#CUSTOM} alone
 */
public record EdgeDefinition<T, K>(
        Serde<T> serde,
        @Nullable KeySelector<T, K> key,
        @Nullable Serde<K> keySerde,
        @Nullable Partitioner<K> partitioner)
        implements Serializable {
    public EdgeDefinition(Serde<T> serde, @Nullable KeySelector<T, K> key, @Nullable Serde<K> keySerde) {
        this(serde, key, keySerde, null);
    }
}
