package io.selvage.client.connect;

import java.time.Duration;

/** Passes as somebody sleeps, and as it is told; owned by the test's thread. */
final class ManualTime implements Waiting.Time {
    /** As far from zero as any that a JVM may begin with. */
    private static final long BEGIN_NANOS = Long.MAX_VALUE - 1_000;

    private long nanos = BEGIN_NANOS;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public void sleep(Duration duration) {
        pass(duration);
    }

    void pass(Duration duration) {
        nanos += duration.toNanos();
    }

    Duration passed() {
        return Duration.ofNanos(nanos - BEGIN_NANOS);
    }
}
