package io.selvage.minicluster.opening;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What was measured; times from the start of a command as a user types it.
 *
 * @param firstOpenMillis of the session that has found nothing in HDFS
 * @param openMillis of each further one
 * @param runtimeBytes what the first one has put into HDFS of Selvage and its libraries
 * @param libraryBytes what the second one has added to that
 * @param sessionBytes all that the second one has in HDFS when it is open, what its master has written included
 * @param coldMillis to the first output of a job, in a session without an executor
 * @param warmMillis the same in a session whose executors are up
 */
record OpeningFigures(
        long firstOpenMillis,
        List<Long> openMillis,
        long runtimeBytes,
        long libraryBytes,
        long sessionBytes,
        List<Long> coldMillis,
        List<Long> warmMillis) {
    OpeningFigures {
        openMillis = List.copyOf(openMillis);
        coldMillis = List.copyOf(coldMillis);
        warmMillis = List.copyOf(warmMillis);
    }

    /** The lower of the two in the middle, if there are two. */
    static long median(List<Long> values) {
        return values.stream().sorted().toList().get((values.size() - 1) / 2);
    }

    String toText() {
        return String.format(
                Locale.ROOT,
                "open a session: %s; the first one, which uploads, %.2f s%n"
                        + "in HDFS: %.1f MB of runtime; of the second session %d bytes of it, and %.1f KB in all%n"
                        + "submit to first output, no executor up: %s%n"
                        + "submit to first output, executors up: %s",
                spread(openMillis),
                firstOpenMillis / 1e3,
                runtimeBytes / 1e6,
                libraryBytes,
                sessionBytes / 1e3,
                spread(coldMillis),
                spread(warmMillis));
    }

    private static String spread(List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        return String.format(
                Locale.ROOT,
                "%.2f s (%.2f to %.2f, %d times)",
                median(millis) / 1e3,
                sorted.get(0) / 1e3,
                sorted.get(sorted.size() - 1) / 1e3,
                sorted.size());
    }

    String toJson() {
        return "{\"workload\":\"opening\",\"first_open_millis\":" + firstOpenMillis
                + ",\"open_millis_median\":" + median(openMillis)
                + ",\"open_millis\":" + list(openMillis)
                + ",\"runtime_bytes\":" + runtimeBytes
                + ",\"second_session_library_bytes\":" + libraryBytes
                + ",\"second_session_bytes\":" + sessionBytes
                + ",\"first_output_without_executors_millis_median\":" + median(coldMillis)
                + ",\"first_output_without_executors_millis\":" + list(coldMillis)
                + ",\"first_output_with_executors_millis_median\":" + median(warmMillis)
                + ",\"first_output_with_executors_millis\":" + list(warmMillis)
                + "}";
    }

    private static String list(List<Long> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
    }
}
