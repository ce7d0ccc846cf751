package io.selvage.task.operator;

/** Takes the elements of a stream, in order. One thread. */
@FunctionalInterface
public interface ElementReceiver {
    /** @param timestampMillis {@code Timestamps.NONE} if the element has none */
    void emit(Object value, long timestampMillis);

    /** Whether {@link #prefetch} is of use. */
    default boolean prefetches() {
        return false;
    }

    /**
     * These elements come next, in this order, unless something else comes first: what they need may be fetched for all
     * of them at once. Nothing else may happen, and nothing may be thrown.
     *
     * @param elements belongs to the receiver from now on
     * @param count of the array's first elements
     */
    default void prefetch(Object[] elements, int count) {}
}
