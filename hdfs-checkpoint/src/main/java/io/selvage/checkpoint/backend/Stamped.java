package io.selvage.checkpoint.backend;

/** Owned by its row. What a state with a time-to-live has, and when it was used last. */
final class Stamped<V> {
    V value;
    long millis;

    Stamped(V value, long millis) {
        this.value = value;
        this.millis = millis;
    }
}
