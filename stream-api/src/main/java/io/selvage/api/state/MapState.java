package io.selvage.api.state;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A map for the current key. */
public interface MapState<K, V> {
    /** Null if there is none. */
    @Nullable
    V get(K key);

    void put(K key, V value);

    void remove(K key);

    /** Valid until the state or the current key changes. */
    Iterable<Map.Entry<K, V>> entries();

    boolean isEmpty();

    void clear();
}
