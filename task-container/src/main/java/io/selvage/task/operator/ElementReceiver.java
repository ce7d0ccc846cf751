package io.selvage.task.operator;

/** Takes the elements of a stream, in order. One thread. */
@FunctionalInterface
public interface ElementReceiver {
    /** @param timestampMillis {@code Timestamps.NONE} if the element has none */
    void emit(Object value, long timestampMillis);
}
