package io.selvage.minicluster.throughput.program;

/**
 * How many times took how long, to 1.6 %: 64 buckets for each doubling, the first ones of one microsecond. Owned by one
 * thread.
 */
public final class Latencies {
    private static final int SUB_BUCKETS = 64;
    private static final int SHIFT = 6;

    private final long[] counts = new long[SUB_BUCKETS * (Long.SIZE - SHIFT)];
    private long count;

    public void add(long micros) {
        add(bucket(Math.max(0, micros)), 1);
    }

    /** @param bucket as {@link #counts} has it */
    public void add(int bucket, long times) {
        counts[bucket] += times;
        count += times;
    }

    private static int bucket(long micros) {
        int doublings = Math.max(0, Long.SIZE - SHIFT - 1 - Long.numberOfLeadingZeros(micros | 1));
        return doublings * SUB_BUCKETS + (int) (micros >>> doublings);
    }

    /** The highest that falls into it. */
    private static long micros(int bucket) {
        int doublings = Math.max(0, bucket / SUB_BUCKETS - 1);
        long lowest = (long) (bucket - doublings * SUB_BUCKETS) << doublings;
        return lowest + (1L << doublings) - 1;
    }

    public long count() {
        return count;
    }

    public long[] counts() {
        return counts.clone();
    }

    /** @param share from 0 to 1, which is the most there was; in microseconds */
    public long percentile(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * count));
        long seen = 0;
        for (int bucket = 0; bucket < counts.length; bucket++) {
            seen += counts[bucket];
            if (seen >= wanted) {
                return micros(bucket);
            }
        }
        return 0;
    }
}
