package io.selvage.task.executor;

import io.selvage.task.operator.WaitingTime;

/**
 * What a subtask's thread has done with its time lately, in thousandths of it: it was idle, or back-pressured, and busy
 * otherwise. Owned by the executor's loop.
 */
final class Utilization {
    /** The time over which it is taken at least, in nanoseconds. */
    static final long LEAST_NANOS = 500_000_000;

    private final WaitingTime idle;
    private final WaitingTime backPressured;
    private long sampledNanos;
    private long idleNanos;
    private long backPressuredNanos;
    private int idlePermille;
    private int backPressuredPermille;
    private boolean isKnown;

    Utilization(WaitingTime idle, WaitingTime backPressured, long nowNanos) {
        this.idle = idle;
        this.backPressured = backPressured;
        this.sampledNanos = nowNanos;
    }

    /** Looks again, unless that was done a moment ago. */
    void sample(long nowNanos) {
        long elapsedNanos = nowNanos - sampledNanos;
        if (elapsedNanos < LEAST_NANOS) {
            return;
        }
        long nowIdleNanos = idle.nanos(nowNanos);
        long nowBackPressuredNanos = backPressured.nanos(nowNanos);
        idlePermille = permille(nowIdleNanos - idleNanos, elapsedNanos);
        backPressuredPermille =
                Math.min(1000 - idlePermille, permille(nowBackPressuredNanos - backPressuredNanos, elapsedNanos));
        idleNanos = nowIdleNanos;
        backPressuredNanos = nowBackPressuredNanos;
        sampledNanos = nowNanos;
        isKnown = true;
    }

    private static int permille(long nanos, long ofNanos) {
        return (int) Math.max(0, Math.min(1000, Math.round(1000.0 * nanos / ofNanos)));
    }

    /** These three make 1000 once there is a sample, and 0 before. */
    int busyPermille() {
        return isKnown ? 1000 - idlePermille - backPressuredPermille : 0;
    }

    int backPressuredPermille() {
        return backPressuredPermille;
    }

    int idlePermille() {
        return idlePermille;
    }
}
