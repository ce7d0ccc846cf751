package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. What one key has of one state, by namespace. A key has one open window as a rule, which is here
 * itself; a few more are kept in a list that is searched, and many in a hash map.
 */
final class Namespaces<N, V> {
    static final int LISTED = 8;

    private @Nullable N first;
    private @Nullable V firstValue; // Not null if the first is not.
    private @Nullable List<Object> others; // Each followed by its value.
    private @Nullable Map<N, V> mapped; // In place of all others.

    @SuppressWarnings("unchecked")
    @Nullable
    V get(N namespace) {
        if (namespace.equals(first)) {
            return firstValue;
        }
        if (mapped != null) {
            return mapped.get(namespace);
        }
        int at = indexOf(namespace);
        return at < 0 ? null : (V) others().get(at + 1);
    }

    void put(N namespace, V value) {
        if (namespace.equals(first)) {
            firstValue = value;
            return;
        }
        if (mapped != null) {
            mapped.put(namespace, value);
            return;
        }
        int at = indexOf(namespace);
        if (at >= 0) {
            others().set(at + 1, value);
        } else if (first == null) {
            first = namespace;
            firstValue = value;
        } else if (others().size() < 2 * LISTED - 2) {
            others().add(namespace);
            others().add(value);
        } else {
            Map<N, V> all = new LinkedHashMap<>();
            forEach(all::put);
            all.put(namespace, value);
            first = null;
            firstValue = null;
            others = null;
            mapped = all;
        }
    }

    void remove(N namespace) {
        if (namespace.equals(first)) {
            first = null;
            firstValue = null;
            return;
        }
        if (mapped != null) {
            mapped.remove(namespace);
            return;
        }
        int at = indexOf(namespace);
        if (at >= 0) {
            others().remove(at + 1);
            others().remove(at);
        }
    }

    int count() {
        if (mapped != null) {
            return mapped.size();
        }
        return (first == null ? 0 : 1) + (others == null ? 0 : others.size() / 2);
    }

    @SuppressWarnings("unchecked")
    void forEach(BiConsumer<N, V> action) {
        if (mapped != null) {
            mapped.forEach(action);
            return;
        }
        N only = first;
        V value = firstValue;
        if (only != null && value != null) {
            action.accept(only, value);
        }
        for (int i = 0; others != null && i < others.size(); i += 2) {
            action.accept((N) others.get(i), (V) others.get(i + 1));
        }
    }

    private List<Object> others() {
        List<Object> all = others;
        if (all == null) {
            all = new ArrayList<>(4);
            others = all;
        }
        return all;
    }

    private int indexOf(N namespace) {
        for (int i = 0; others != null && i < others.size(); i += 2) {
            if (others.get(i).equals(namespace)) {
                return i;
            }
        }
        return -1;
    }
}
