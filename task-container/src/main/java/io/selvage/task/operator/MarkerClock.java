package io.selvage.task.operator;

import io.selvage.task.exchange.LatencyMarker;
import java.time.InstantSource;

/** When a source's subtask sends latency markers; owned by its thread. */
final class MarkerClock {
    private final int vertex;
    private final long intervalNanos; // 0: never.
    private final InstantSource wall;
    private long lastNanos;

    MarkerClock(int vertex, long intervalNanos, InstantSource wall, long nowNanos) {
        this.vertex = vertex;
        this.intervalNanos = intervalNanos;
        this.wall = wall;
        this.lastNanos = nowNanos;
    }

    boolean isDue(long nowNanos) {
        return intervalNanos > 0 && nowNanos - lastNanos >= intervalNanos;
    }

    LatencyMarker next(long nowNanos) {
        lastNanos = nowNanos;
        return new LatencyMarker(vertex, WallMicros.now(wall));
    }
}
