package io.selvage.api.graph;

import io.selvage.api.function.KeySelector;
import io.selvage.api.type.Serde;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What an edge needs to know of its elements.
 *
 * @param key and {@code keySerde}: with {@link Partitioning#HASH} alone
 */
public record EdgeDefinition<T, K>(
        Serde<T> serde,
        @Nullable KeySelector<T, K> key,
        @Nullable Serde<K> keySerde) implements Serializable {}
