package io.selvage.minicluster.workload;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of {@link MeasuringSink}: the records since the line before it.
 *
 * @param millis wall clock of the last of them
 * @param latencyMillis the longest from a record's arrival to here
 * @param first for each reader, the sequence number of its first record among them; -1: none
 */
public record Line(long millis, long records, long latencyMillis, List<Long> first, List<Long> last) {
    public static Line parse(String text) {
        String[] fields = text.split(",", -1);
        List<Long> first = new ArrayList<>();
        List<Long> last = new ArrayList<>();
        for (int field = 3; field + 1 < fields.length; field += 2) {
            first.add(Long.parseLong(fields[field]));
            last.add(Long.parseLong(fields[field + 1]));
        }
        return new Line(
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                List.copyOf(first),
                List.copyOf(last));
    }
}
