package io.selvage.task.exchange;

import java.util.concurrent.TimeUnit;

/**
 * Owned by the thread that measures. How much may lie in a queue: about what its consumer gets through in a target
 * time, so that whatever comes last waits about so long, between a least and a most. What is counted - elements, bytes
 * - is the owner's affair.
 *
 * <p>In a queue that its producer keeps full, what is admitted waits for its length over the throughput (Little's law).
 * One that runs empty says nothing of its consumer's speed: then the limit grows, to be of no hindrance.
 */
public final class InFlightLimit {
    /** A throughput is measured over at least so long. */
    public static final long LEAST_MEASURED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final double targetNanos;
    private final int least;
    private final int most;

    private int amount;
    private boolean isMeasuring;
    private long sinceNanos;
    private long sinceTotal;

    /** @param most that is admitted until a throughput is known */
    public InFlightLimit(long targetNanos, int least, int most) {
        if (targetNanos <= 0 || least < 1 || least > most) {
            throw new IllegalArgumentException(
                    "a target of " + targetNanos + " ns between " + least + " and " + most + " in a queue");
        }
        this.targetNanos = targetNanos;
        this.least = least;
        this.most = most;
        this.amount = most;
    }

    public int amount() {
        return amount;
    }

    /**
     * Measures anew if the time has come; answers whether it has.
     *
     * @param total consumed since the beginning
     * @param isHeldUp whether the producer has had to wait for the consumer since it was measured last
     */
    public boolean tryMeasure(long total, boolean isHeldUp, long nowNanos) {
        long elapsedNanos = nowNanos - sinceNanos;
        if (isMeasuring && elapsedNanos < LEAST_MEASURED_NANOS) {
            return false;
        }
        if (isMeasuring) {
            double wanted = isHeldUp ? (total - sinceTotal) * targetNanos / elapsedNanos : 2.0 * amount;
            amount = (int) Math.max(least, Math.min(most, wanted));
        }
        isMeasuring = true;
        sinceNanos = nowNanos;
        sinceTotal = total;
        return true;
    }
}
