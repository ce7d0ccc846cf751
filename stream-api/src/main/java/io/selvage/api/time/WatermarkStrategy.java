package io.selvage.api.time;

import java.io.Serializable;
import java.time.Duration;

/**
 * How timestamps and watermarks come to a stream: a watermark of t says that no element with a timestamp of t or less
 * is expected any more. It runs {@code maxOutOfOrdernessMillis + 1} behind the greatest timestamp seen.
 *
 * <p>Event time of a step is the least of what its inputs say. An input without elements says nothing new, and so holds
 * it back, unless the strategy knows when to call it idle: {@link #withIdleness}.
 *
 * @param maxOutOfOrdernessMillis how far behind the greatest timestamp an element may come and still be in time
 * @param idleAfterMillis without an element for so long, a subtask holds event time back no longer; 0: it always does
 */
public record WatermarkStrategy<T>(TimestampAssigner<T> assigner, long maxOutOfOrdernessMillis, long idleAfterMillis)
        implements Serializable {
    public WatermarkStrategy {
        if (maxOutOfOrdernessMillis < 0) {
            throw new IllegalArgumentException("out-of-orderness is negative: " + maxOutOfOrdernessMillis + " ms");
        }
        if (idleAfterMillis < 0) {
            throw new IllegalArgumentException(
                    "the time until a stream is idle is negative: " + idleAfterMillis + " ms");
        }
    }

    public static <T> WatermarkStrategy<T> boundedOutOfOrderness(
            Duration maxOutOfOrderness, TimestampAssigner<T> assigner) {
        return new WatermarkStrategy<>(assigner, maxOutOfOrderness.toMillis(), 0);
    }

    /**
     * For elements that come in the order of their timestamps, in each subtask: equal ones are in time, lower ones
     * late.
     */
    public static <T> WatermarkStrategy<T> monotonousTimestamps(TimestampAssigner<T> assigner) {
        return boundedOutOfOrderness(Duration.ZERO, assigner);
    }

    /**
     * The same, but a subtask that has had no element for so long, by its own clock, is idle: event time goes on
     * without it, until its next element. That one may come too late then, as others have gone on; so may what comes
     * after a pause of the source itself.
     *
     * @param after at least a millisecond; choose it longer than checkpoints and back-pressure hold elements up
     */
    public WatermarkStrategy<T> withIdleness(Duration after) {
        if (after.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "A stream can't be idle after " + after + ": give a millisecond or more.");
        }
        return new WatermarkStrategy<>(assigner, maxOutOfOrdernessMillis, after.toMillis());
    }
}
