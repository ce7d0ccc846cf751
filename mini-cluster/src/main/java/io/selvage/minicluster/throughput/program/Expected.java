package io.selvage.minicluster.throughput.program;

import java.util.List;

/**
 * What the sinks must have taken, told from the input alone.
 *
 * @param records {@link #UNKNOWN}: any number
 */
public record Expected(long records, long sum) {
    public static final long UNKNOWN = -1;

    /**
     * @param work as the program calls it
     * @param ends how many records each reader has read
     */
    public static Expected of(String work, int readers, long keys, boolean prefilled, List<Long> ends) {
        Elements<Small> input = new Elements<>(Small.class, readers, keys, prefilled, new Pace(0, 0), "");
        long records = ends.stream().mapToLong(Long::longValue).sum();
        return switch (work) {
            case "pass" -> new Expected(records, sumOfPassed(input, ends));
            case "count" -> new Expected(records, sumOfCounts(input, ends));
            case "window" -> new Expected(UNKNOWN, records);
            default -> throw new IllegalArgumentException("There is no work " + work + ".");
        };
    }

    private static long sumOfPassed(Elements<Small> input, List<Long> ends) {
        long sum = 0;
        for (int reader = 0; reader < ends.size(); reader++) {
            for (long sequence = 0; sequence < ends.get(reader); sequence++) {
                sum += Elements.mix(31 * (input.value(reader, sequence) + 1) + input.key(reader, sequence));
            }
        }
        return sum;
    }

    /** Of a key that comes n times: 1 + 2 + ... + n. */
    private static long sumOfCounts(Elements<Small> input, List<Long> ends) {
        long[] counts = new long[Math.toIntExact(input.keys())];
        long sum = 0;
        for (int reader = 0; reader < ends.size(); reader++) {
            for (long sequence = 0; sequence < ends.get(reader); sequence++) {
                sum += ++counts[(int) input.key(reader, sequence)];
            }
        }
        return sum;
    }
}
