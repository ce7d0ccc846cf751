package io.selvage.master.checkpoint;

import io.selvage.protocol.config.JobConfig;

/**
 * @param intervalNanos from the start of one checkpoint to the start of the next
 * @param timeoutNanos from the trigger until a checkpoint that is not stored is given up
 * @param minPauseNanos from the end of one checkpoint to the start of the next, at least
 */
public record CheckpointTimes(long intervalNanos, long timeoutNanos, long minPauseNanos) {
    public CheckpointTimes {
        if (intervalNanos <= 0 || timeoutNanos <= 0 || minPauseNanos < 0) {
            throw new IllegalArgumentException("Interval " + intervalNanos + " ns and time-out " + timeoutNanos
                    + " ns must be positive, pause " + minPauseNanos + " ns not negative.");
        }
    }

    public static CheckpointTimes of(JobConfig config) {
        return new CheckpointTimes(
                config.checkpointInterval().toNanos(),
                config.checkpointTimeout().toNanos(),
                config.checkpointMinPause().toNanos());
    }
}
