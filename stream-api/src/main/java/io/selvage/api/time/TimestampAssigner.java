package io.selvage.api.time;

import java.io.Serializable;

/** The event time of an element, in milliseconds since the epoch. */
@FunctionalInterface
public interface TimestampAssigner<T> extends Serializable {
    long timestampMillis(T element);
}
