package io.selvage.api.state;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A map that every subtask has the whole of, for those who only look. */
public interface ReadOnlyBroadcastState<K, V> {
    /** Null if there is none. */
    @Nullable
    V get(K key);

    boolean contains(K key);

    /** In no order. Valid until the state changes; can't be changed. */
    Iterable<Map.Entry<K, V>> entries();
}
