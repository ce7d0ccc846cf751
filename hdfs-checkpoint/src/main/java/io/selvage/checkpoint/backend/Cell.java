package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by the backend. What one state has for the current key, and namespace if it has one. */
interface Cell<V> {
    @Nullable
    V get();

    void set(V value);

    /** The value that it has was written to, in place. */
    default void onChangedInPlace() {}

    void clear();

    // ---- parts ---------------------------------------------------------------------------------------------------

    /** Whether what it has may be in parts, each in a row of its own; while one is used, the cell has a value. */
    default boolean isDivisible() {
        return false;
    }

    /** May be changed in place until the next part, or key, is looked for; null: there is nothing. */
    default @Nullable V part(int number) {
        throw new UnsupportedOperationException("has no parts");
    }

    /** The same to be read alone: it is not changed in place. */
    default @Nullable V partToRead(int number) {
        return part(number);
    }

    default void setPart(int number, V value) {
        throw new UnsupportedOperationException("has no parts");
    }

    default void clearPart(int number) {
        throw new UnsupportedOperationException("has no parts");
    }
}
