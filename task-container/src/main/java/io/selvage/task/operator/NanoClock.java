package io.selvage.task.operator;

/** Time that only goes forward, from an arbitrary origin. */
@FunctionalInterface
public interface NanoClock {
    long nanos();
}
