package io.selvage.minicluster.throughput.program;

import java.io.Serializable;
import java.util.concurrent.TimeUnit;

/**
 * When each record of a reader comes, whether the job is up to it or not.
 *
 * @param startNanos by {@link System#nanoTime}, which all processes of a machine share on Linux
 * @param recordsPerSecond of each reader; 0: all are there from the beginning
 */
public record Pace(long startNanos, double recordsPerSecond) implements Serializable {
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    long arrivedBy(long nowNanos) {
        return recordsPerSecond == 0
                ? Long.MAX_VALUE / 2
                : (long) (Math.max(0, nowNanos - startNanos) * recordsPerSecond / NANOS);
    }

    /** @param sequence 0: the first one that has a pace */
    long dueNanos(long sequence) {
        return startNanos + (long) (sequence * NANOS / recordsPerSecond);
    }
}
