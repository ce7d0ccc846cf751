package io.selvage.task.operator;

import java.util.concurrent.TimeUnit;

/** A token bucket that holds a tenth of a second; owned by one thread, which brings the time. */
final class RateLimit {
    /** What went unused is made up for up to this long. */
    static final double BURST_SECONDS = 0.1;
    /** Waiting less than this is not worth a wake-up. */
    static final long LEAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final double perNano;
    private final double capacity;
    private double permits;
    private long lastNanos;

    /** @param perSecond 0: no limit */
    RateLimit(double perSecond, long nowNanos) {
        this.perNano = perSecond / TimeUnit.SECONDS.toNanos(1);
        this.capacity = Math.max(1, perSecond * BURST_SECONDS);
        this.lastNanos = nowNanos;
    }

    /** How many may be taken now, up to the limit. */
    int available(int limit, long nowNanos) {
        if (perNano == 0) {
            return limit;
        }
        permits = Math.min(capacity, permits + Math.max(0, nowNanos - lastNanos) * perNano);
        lastNanos = Math.max(lastNanos, nowNanos);
        return (int) Math.min(limit, permits);
    }

    void take(int count) {
        if (perNano != 0) {
            permits -= count;
        }
    }

    /** When the next may be taken, after {@link #available} has answered 0. */
    long nextNanos() {
        return lastNanos + Math.max(LEAST_WAIT_NANOS, (long) Math.ceil((1 - permits) / perNano));
    }
}
