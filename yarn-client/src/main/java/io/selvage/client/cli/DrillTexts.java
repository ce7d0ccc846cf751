package io.selvage.client.cli;

import io.selvage.client.drill.DrillFigures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a drill has shown, as people and programs read it; pure. */
final class DrillTexts {
    private DrillTexts() {}

    static String line(DrillFigures figures, int number) {
        StringBuilder text = new StringBuilder();
        text.append(number)
                .append(". ")
                .append(figures.fault().word())
                .append(" (")
                .append(figures.process());
        text.append("): ");
        if (!figures.isRecovered()) {
            return text.append("the job is not back.").toString();
        }
        text.append(figures.detected() == null ? "" : "detected after " + time(figures.detected()) + ", ");
        text.append(figures.fault().isOfMaster() ? "taken over by the next master after " : "running again after ");
        text.append(time(figures.recovered())).append(figures.byStandby() ? " on a standby" : "");
        text.append(", next checkpoint after ").append(time(figures.nextCheckpoint()));
        text.append("; longest output gap ").append(gap(figures.outputGap())).append("; ");
        text.append(Words.count(figures.recordsReplayed())).append(" records replayed, ");
        text.append(Words.times(figures.checkpointsLost(), "checkpoint")).append(" lost, ");
        text.append(Words.times(figures.restarts(), "restart")).append("; ").append(figures.processesKept());
        text.append(" of ").append(figures.processes()).append(" other processes kept.");
        return text.toString();
    }

    static String table(List<DrillFigures> all) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("", "MEDIAN", "MAXIMUM"));
        row(rows, "detection", all, DrillFigures::detected, DrillTexts::time);
        row(rows, "recovery", all, DrillFigures::recovered, DrillTexts::time);
        row(rows, "output gap", all, DrillFigures::outputGap, DrillTexts::gap);
        row(rows, "next checkpoint", all, DrillFigures::nextCheckpoint, DrillTexts::time);
        row(rows, "records replayed", all, DrillFigures::recordsReplayed, DrillTexts::count);
        row(rows, "checkpoints lost", all, DrillFigures::checkpointsLost, DrillTexts::count);
        row(rows, "restarts", all, DrillFigures::restarts, DrillTexts::count);
        return Table.of(rows);
    }

    private static void row(
            List<List<String>> rows,
            String name,
            List<DrillFigures> all,
            Function<DrillFigures, @Nullable Long> figure,
            Function<@Nullable Long, String> words) {
        long[] known = all.stream()
                .map(figure)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        if (known.length == 0) {
            rows.add(List.of(name, "-", "-"));
            return;
        }
        long median = Arrays.stream(known, (known.length - 1) / 2, known.length / 2 + 1)
                        .sum()
                / (known.length % 2 == 0 ? 2 : 1);
        rows.add(List.of(name, words.apply(median), words.apply(known[known.length - 1])));
    }

    private static String time(@Nullable Long millis) {
        return millis == null ? "-" : Words.duration(millis);
    }

    private static String count(@Nullable Long number) {
        return number == null ? "-" : Words.count(number);
    }

    /** Executors note no pause shorter than 20 ms. */
    private static String gap(@Nullable Long millis) {
        if (millis == null) {
            return "-";
        }
        return millis == 0 ? "< 20 ms" : Words.duration(millis);
    }

    static Map<String, Object> json(DrillFigures figures, int number) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fault", figures.fault().word());
        json.put("number", number);
        json.put("process", figures.process());
        json.put("time_millis", figures.faultMillis());
        json.put("recovered", figures.isRecovered());
        json.put("detection_millis", figures.detected());
        json.put("recovery_millis", figures.recovered());
        json.put("output_gap_millis", figures.outputGap());
        json.put("next_checkpoint_millis", figures.nextCheckpoint());
        json.put("records_replayed", figures.recordsReplayed());
        json.put("checkpoints_lost", figures.checkpointsLost());
        json.put("restarts", figures.restarts());
        json.put("processes_kept", figures.processesKept());
        json.put("processes", figures.processes());
        json.put("by_standby", figures.byStandby());
        return json;
    }
}
