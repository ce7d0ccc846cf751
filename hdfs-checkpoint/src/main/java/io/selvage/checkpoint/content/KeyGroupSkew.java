package io.selvage.checkpoint.content;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Immutable. How evenly state lies in key groups: one that is much larger than the others bounds what a higher
 * parallelism can do.
 *
 * @param largest the numbers of the largest groups, largest first; none that is empty
 */
public record KeyGroupSkew(long leastBytes, long medianBytes, long mostBytes, List<Integer> largest) {
    private static final int NAMED = 5;

    public KeyGroupSkew {
        largest = List.copyOf(largest);
    }

    /** @param groupBytes by group; there is one at least */
    public static KeyGroupSkew of(long[] groupBytes) {
        long[] sorted = groupBytes.clone();
        Arrays.sort(sorted);
        List<Integer> largest = IntStream.range(0, groupBytes.length)
                .filter(group -> groupBytes[group] > 0)
                .boxed()
                .sorted(Comparator.comparingLong((Integer group) -> groupBytes[group])
                        .reversed())
                .limit(NAMED)
                .toList();
        return new KeyGroupSkew(sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1], largest);
    }
}
