package io.selvage.api.state;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map for the current key. Of one of more than 1,024 entries, an operation costs what it uses, and not what there is,
 * if its keys' serde is {@linkplain io.selvage.api.type.Serde#isCanonical() canonical}; but {@link #clear} goes over
 * all of it. Not so where it belongs to windows.
 */
public interface MapState<K, V> {
    /** Null if there is none. */
    @Nullable
    V get(K key);

    void put(K key, V value);

    void remove(K key);

    /**
     * In the order in which their keys came, unless there have been more than 1,024 of them; then in no particular one.
     * Valid until the state or the current key changes.
     */
    Iterable<Map.Entry<K, V>> entries();

    boolean isEmpty();

    void clear();
}
