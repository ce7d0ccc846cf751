package io.selvage.client.cli;

import io.selvage.protocol.wire.VertexDescription;
import java.util.ArrayList;
import java.util.List;

/** What the steps of a job do, a line for each; pure. */
final class JobSteps {
    private static final List<String> HEADER =
            List.of("STEP", "RUN", "IN", "OUT", "BUSY", "BACK-PRESSURED", "IDLE", "EVENT TIME");
    /** Event time that is further behind is that of old data, and how far says nothing. */
    private static final long LONGEST_LAG_MILLIS = 86_400_000;

    private JobSteps() {}

    static String table(List<VertexDescription> vertices, long nowMillis) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADER);
        for (VertexDescription vertex : vertices) {
            rows.add(List.of(
                    vertex.getName(),
                    vertex.getRunning() + " of " + vertex.getParallelism(),
                    Words.count(vertex.getRecordsIn()),
                    Words.count(vertex.getRecordsOut()),
                    share(vertex, vertex.getBusyPermille()),
                    share(vertex, vertex.getBackPressuredPermille()),
                    share(vertex, vertex.getIdlePermille()),
                    vertex.hasWatermarkMillis() ? eventTime(vertex.getWatermarkMillis(), nowMillis) : "-"));
        }
        return Table.of(rows);
    }

    private static String share(VertexDescription vertex, int permille) {
        boolean isKnown = vertex.getBusyPermille() + vertex.getBackPressuredPermille() + vertex.getIdlePermille() > 0;
        return isKnown ? (permille + 5) / 10 + " %" : "-";
    }

    private static String eventTime(long watermarkMillis, long nowMillis) {
        if (watermarkMillis == Long.MAX_VALUE) {
            return "ended";
        }
        long lagMillis = nowMillis - watermarkMillis;
        String lag =
                lagMillis >= 0 && lagMillis <= LONGEST_LAG_MILLIS ? " (" + Words.duration(lagMillis) + " behind)" : "";
        return Words.time(watermarkMillis) + lag;
    }
}
