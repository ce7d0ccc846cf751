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
 * @param alignmentGroup sources of one group wait for each other; empty: it is in none
 * @param maxDriftMillis how far one may go ahead of the others of its group
 */
public record WatermarkStrategy<T>(
        TimestampAssigner<T> assigner,
        long maxOutOfOrdernessMillis,
        long idleAfterMillis,
        String alignmentGroup,
        long maxDriftMillis)
        implements Serializable {
    @SuppressWarnings("NullAway") // Graphs of before have no group.
    public WatermarkStrategy {
        alignmentGroup = alignmentGroup == null ? "" : alignmentGroup;
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
        return new WatermarkStrategy<>(assigner, maxOutOfOrderness.toMillis(), 0, "", 0);
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
        return new WatermarkStrategy<>(
                assigner, maxOutOfOrdernessMillis, after.toMillis(), alignmentGroup, maxDriftMillis);
    }

    /**
     * The same, but the source does not read on while its watermark is further ahead than that of the least of its
     * group in the job, so that what is read ahead need not be kept until the others are there. Each split is held by
     * itself.
     *
     * <p>How far the others are is known with a delay of a heartbeat or two; and while the master can't be reached for
     * longer than {@code selvage.heartbeat.timeout}, nothing is held.
     *
     * @param group any name: sources that give the same one wait for each other
     * @param maxDrift of event time. With much to catch up with, sources get no further than this in a heartbeat
     */
    public WatermarkStrategy<T> withWatermarkAlignment(String group, Duration maxDrift) {
        if (group.isEmpty() || maxDrift.isNegative()) {
            throw new IllegalArgumentException("Sources can't be aligned in the group \"" + group + "\" within "
                    + maxDrift + ": give the group a name, and a drift that is not negative.");
        }
        return new WatermarkStrategy<>(assigner, maxOutOfOrdernessMillis, idleAfterMillis, group, maxDrift.toMillis());
    }
}
