package io.selvage.api.time;

import java.io.Serializable;
import java.time.Duration;

/**
 * How timestamps and watermarks come to a stream: a watermark of t says that no element with a timestamp of t or less
 * is expected any more. It runs {@code maxOutOfOrdernessMillis + 1} behind the greatest timestamp seen.
 *
 * @param maxOutOfOrdernessMillis how far behind the greatest timestamp an element may come and still be in time
 */
public record WatermarkStrategy<T>(TimestampAssigner<T> assigner, long maxOutOfOrdernessMillis)
        implements Serializable {
    public WatermarkStrategy {
        if (maxOutOfOrdernessMillis < 0) {
            throw new IllegalArgumentException("out-of-orderness is negative: " + maxOutOfOrdernessMillis + " ms");
        }
    }

    public static <T> WatermarkStrategy<T> boundedOutOfOrderness(
            Duration maxOutOfOrderness, TimestampAssigner<T> assigner) {
        return new WatermarkStrategy<>(assigner, maxOutOfOrderness.toMillis());
    }
}
