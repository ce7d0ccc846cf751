package io.selvage.api.function;

/** Where a function finds itself when it is opened. */
public interface OpenContext {
    String operatorName();

    /** From 0 to {@link #parallelism} - 1. */
    int subtask();

    int parallelism();

    /**
     * Grows with every restart of the function; output that must not collide with that of an earlier run carries it.
     */
    long incarnation();

    /** The class loader of the user's program. */
    ClassLoader userClassLoader();
}
