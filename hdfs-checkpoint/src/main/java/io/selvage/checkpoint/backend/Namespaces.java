package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. What one key has of one state, by namespace. A key has a few open windows as a rule: so many
 * are kept in a list that is searched; more in a hash map.
 */
final class Namespaces<N, V> {
    static final int LISTED = 8;

    private final List<Object> listed = new ArrayList<>(4);
    private @Nullable Map<N, V> mapped;

    @SuppressWarnings("unchecked")
    @Nullable
    V get(N namespace) {
        if (mapped != null) {
            return mapped.get(namespace);
        }
        int at = indexOf(namespace);
        return at < 0 ? null : (V) listed.get(at + 1);
    }

    @SuppressWarnings("unchecked")
    void put(N namespace, V value) {
        if (mapped != null) {
            mapped.put(namespace, value);
            return;
        }
        int at = indexOf(namespace);
        if (at >= 0) {
            listed.set(at + 1, value);
        } else if (listed.size() < 2 * LISTED) {
            listed.add(namespace);
            listed.add(value);
        } else {
            Map<N, V> all = new LinkedHashMap<>();
            for (int i = 0; i < listed.size(); i += 2) {
                all.put((N) listed.get(i), (V) listed.get(i + 1));
            }
            all.put(namespace, value);
            listed.clear();
            mapped = all;
        }
    }

    void remove(N namespace) {
        if (mapped != null) {
            mapped.remove(namespace);
            return;
        }
        int at = indexOf(namespace);
        if (at >= 0) {
            listed.remove(at + 1);
            listed.remove(at);
        }
    }

    int count() {
        return mapped != null ? mapped.size() : listed.size() / 2;
    }

    @SuppressWarnings("unchecked")
    void forEach(BiConsumer<N, V> action) {
        if (mapped != null) {
            mapped.forEach(action);
            return;
        }
        for (int i = 0; i < listed.size(); i += 2) {
            action.accept((N) listed.get(i), (V) listed.get(i + 1));
        }
    }

    private int indexOf(N namespace) {
        for (int i = 0; i < listed.size(); i += 2) {
            if (listed.get(i).equals(namespace)) {
                return i;
            }
        }
        return -1;
    }
}
