package io.selvage.task.operator;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/** The wall clock in microseconds since the epoch. */
final class WallMicros {
    private WallMicros() {}

    static long now(InstantSource wall) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, wall.instant());
    }
}
