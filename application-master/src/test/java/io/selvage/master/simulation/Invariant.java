package io.selvage.master.simulation;

import org.jspecify.annotations.Nullable;

/** What must hold after every step. */
final class Invariant {
    private Invariant() {}

    static void check(boolean holds, String message, @Nullable Object... values) {
        if (!holds) {
            throw new AssertionError(String.format(message, values));
        }
    }
}
