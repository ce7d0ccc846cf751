package io.selvage.minicluster.quickstart;

import java.util.List;
import java.util.TreeMap;

/**
 * The output against the oracle's, line by line with their number, so that a line that came twice counts as a
 * difference.
 *
 * @param expectedCount and {@code actualCount}: lines
 * @param differences one for each line of which there are too many or too few
 */
record Comparison(int expectedCount, int actualCount, List<String> differences) {
    Comparison {
        differences = List.copyOf(differences);
    }

    static Comparison of(List<String> expected, List<String> actual) {
        TreeMap<String, Integer> surplus = new TreeMap<>();
        expected.forEach(line -> surplus.merge(line, -1, Integer::sum));
        actual.forEach(line -> surplus.merge(line, 1, Integer::sum));
        List<String> differences = surplus.entrySet().stream()
                .filter(each -> each.getValue() != 0)
                .map(each -> describe(each.getKey(), each.getValue()))
                .toList();
        return new Comparison(expected.size(), actual.size(), differences);
    }

    boolean isEqual() {
        return differences.isEmpty();
    }

    private static String describe(String line, int surplus) {
        return surplus < 0 ? "missing " + -surplus + "x: " + line : "too many " + surplus + "x: " + line;
    }
}
