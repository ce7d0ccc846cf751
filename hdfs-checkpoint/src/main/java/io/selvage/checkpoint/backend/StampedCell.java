package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by the backend. One value that expires, for the current key. */
record StampedCell<V>(Cell<Stamped<V>> cell, TimeLimit limit) implements Cell<V> {
    @Override
    public @Nullable V get() {
        Stamped<V> stamped = living();
        if (stamped == null) {
            return null;
        }
        if (limit.isReadUse()) {
            stamped.millis = limit.nowMillis();
        }
        return stamped.value;
    }

    @Override
    public void set(V value) {
        Stamped<V> stamped = cell.get();
        if (stamped == null) {
            cell.set(new Stamped<>(value, limit.nowMillis()));
        } else {
            stamped.value = value;
            stamped.millis = limit.nowMillis();
        }
    }

    @Override
    public void onChangedInPlace() {
        Stamped<V> stamped = cell.get();
        if (stamped != null) {
            stamped.millis = limit.nowMillis();
        }
    }

    @Override
    public void clear() {
        cell.clear();
    }

    private @Nullable Stamped<V> living() {
        Stamped<V> stamped = cell.get();
        if (stamped != null && stamped.millis <= limit.horizonMillis()) {
            cell.clear();
            return null;
        }
        return stamped;
    }
}
