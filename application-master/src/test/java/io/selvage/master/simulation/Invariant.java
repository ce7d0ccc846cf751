package io.selvage.master.simulation;

/** What must hold after every step. */
final class Invariant {
    private Invariant() {}

    static void check(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new AssertionError(String.format(message, values));
        }
    }
}
