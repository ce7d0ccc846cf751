package io.selvage.task.executor;

/** Where other threads leave what the executor's loop has to know. Safe for use by many threads. */
@FunctionalInterface
public interface Inbox {
    /** Waits for room if there is none, through interrupts. */
    void post(ExecutorEvent event);
}
