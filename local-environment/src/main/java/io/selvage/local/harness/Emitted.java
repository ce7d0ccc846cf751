package io.selvage.local.harness;

import java.util.OptionalLong;

/**
 * What steps have emitted.
 *
 * @param timestampMillis event time, in milliseconds since the epoch; empty: it has none
 */
public record Emitted<T>(T value, OptionalLong timestampMillis) {
    public Emitted(T value, long timestampMillis) {
        this(value, OptionalLong.of(timestampMillis));
    }
}
