package io.selvage.client.cli;

import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.VertexDescription;
import java.util.ArrayList;
import java.util.List;

/** What the steps of a job do, a line for each; pure. */
final class JobSteps {
    private static final List<String> HEADER =
            List.of("STEP", "RUN", "IN", "OUT", "BUSY", "BACK-PRESSURED", "IDLE", "EVENT TIME");
    private static final List<String> SUBTASK_HEADER = List.of(
            "STEP",
            "SUBTASK",
            "EXECUTOR",
            "IN",
            "OUT",
            "BYTES IN",
            "BYTES OUT",
            "LATE",
            "BUSY",
            "BACK-PRESSURED",
            "IDLE",
            "EVENT TIME");
    /** Event time that is further behind is that of old data, and how far says nothing. */
    private static final long LONGEST_LAG_MILLIS = 86_400_000;

    private JobSteps() {}

    static String table(List<VertexDescription> vertices, long nowMillis) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADER);
        for (VertexDescription vertex : vertices) {
            boolean isKnown =
                    isKnown(vertex.getBusyPermille(), vertex.getBackPressuredPermille(), vertex.getIdlePermille());
            rows.add(List.of(
                    vertex.getName(),
                    vertex.getRunning() + " of " + vertex.getParallelism(),
                    Words.count(vertex.getRecordsIn()),
                    Words.count(vertex.getRecordsOut()),
                    share(isKnown, vertex.getBusyPermille()),
                    share(isKnown, vertex.getBackPressuredPermille()),
                    share(isKnown, vertex.getIdlePermille()),
                    vertex.hasWatermarkMillis() ? eventTime(vertex.getWatermarkMillis(), nowMillis) : "-"));
        }
        return Table.of(rows);
    }

    /** Those that have told something: a subtask that is behind, or has more to do than others, is seen here. */
    static String subtasks(List<VertexDescription> vertices, long nowMillis) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(SUBTASK_HEADER);
        for (VertexDescription vertex : vertices) {
            for (SubtaskDescription subtask : vertex.getSubtasksList()) {
                boolean isKnown = isKnown(
                        subtask.getBusyPermille(), subtask.getBackPressuredPermille(), subtask.getIdlePermille());
                rows.add(List.of(
                        vertex.getName(),
                        String.valueOf(subtask.getSubtask()),
                        subtask.getExecutorId(),
                        Words.count(subtask.getRecordsIn()),
                        Words.count(subtask.getRecordsOut()),
                        Words.bytes(subtask.getBytesIn()),
                        Words.bytes(subtask.getBytesOut()),
                        Words.count(subtask.getRecordsLate()),
                        share(isKnown, subtask.getBusyPermille()),
                        share(isKnown, subtask.getBackPressuredPermille()),
                        share(isKnown, subtask.getIdlePermille()),
                        subtask.hasWatermarkMillis() ? eventTime(subtask.getWatermarkMillis(), nowMillis) : "-"));
            }
        }
        return rows.size() == 1 ? "No subtask has told anything yet." : Table.of(rows);
    }

    private static boolean isKnown(int busy, int backPressured, int idle) {
        return busy + backPressured + idle > 0;
    }

    private static String share(boolean isKnown, int permille) {
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
