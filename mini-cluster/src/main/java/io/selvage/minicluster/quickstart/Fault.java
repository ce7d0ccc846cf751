package io.selvage.minicluster.quickstart;

import java.util.List;

/**
 * A process that was killed, and what the output did then.
 *
 * @param victim in words
 * @param atSeconds after the job was submitted
 */
public record Fault(String victim, long pid, long atNanos, double atSeconds) {
    /** How long until the next output file could be seen; NaN if none came. */
    double nextOutputSeconds(List<Long> seenNanos) {
        return seenNanos.stream()
                .filter(seen -> seen > atNanos)
                .findFirst()
                .map(seen -> (seen - atNanos) / 1e9)
                .orElse(Double.NaN);
    }

    /**
     * The longest time without a new file from the kill on. A file may still come just after it, from a checkpoint that
     * was complete already, so this says more of the outage than {@link #nextOutputSeconds}.
     *
     * @param untilNanos the next fault, or the end
     */
    double longestGapSeconds(List<Long> seenNanos, long untilNanos) {
        long previous = atNanos;
        long longest = 0;
        for (long seen : seenNanos) {
            if (seen > atNanos && seen <= untilNanos) {
                longest = Math.max(longest, seen - previous);
                previous = seen;
            }
        }
        return Math.max(longest, 0) / 1e9;
    }
}
