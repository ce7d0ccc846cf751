package io.selvage.minicluster.workload;

import java.io.Serializable;

/**
 * When each record of a reader arrives, whoever reads it and how often: the world does not wait for a job that is down.
 *
 * @param prefill records of each reader that are there from the beginning
 * @param recordsPerSecond of each reader, from the start on
 */
public record Schedule(long startMillis, long prefill, double recordsPerSecond) implements Serializable {
    public Schedule {
        if (prefill < 0 || !(recordsPerSecond > 0)) {
            throw new IllegalArgumentException("A schedule needs a prefill of 0 or more and a rate above 0, and has "
                    + prefill + " and " + recordsPerSecond + ".");
        }
    }

    /** How many records of a reader have arrived by then. */
    public long arrivedBy(long millis) {
        return prefill + (long) (Math.max(0, millis - startMillis) * recordsPerSecond / 1000);
    }

    public long arrivalMillis(long sequence) {
        return startMillis + (sequence < prefill ? 0 : (long) ((sequence - prefill) * 1000 / recordsPerSecond));
    }
}
