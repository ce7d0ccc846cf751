package io.selvage.minicluster.recovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How one fault was felt; all times in milliseconds since the fault, but for the lengths of gaps.
 *
 * @param detected by the master; null: it does not say
 * @param gap the longest time without output of any one of the sink's subtasks
 * @param silence the longest time in which none of them had output
 * @param caughtUp records are as little late as before
 * @param replayed records that were read again
 * @param restarts of the job
 * @param executorsKept of those that were there and not hit themselves, how many are still the same processes
 * @param nextCheckpoint the first to complete afterwards; of a NameNode, since it is back
 * @param failedCheckpoints meanwhile, as far as the master says
 */
record FaultFigures(
        FaultKind kind,
        int number,
        @Nullable Long detected,
        long gap,
        long silence,
        @Nullable Long caughtUp,
        long replayed,
        long restarts,
        int executors,
        int executorsKept,
        @Nullable Long nextCheckpoint,
        long failedCheckpoints,
        boolean byStandby) {

    private static final ObjectMapper JSON = new ObjectMapper();

    String toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("benchmark", "recovery/" + kind.word());
        json.put("fault", number);
        json.put("detected_millis", detected);
        json.put("gap_millis", gap);
        json.put("silence_millis", silence);
        json.put("caught_up_millis", caughtUp);
        json.put("records_replayed", replayed);
        json.put("restarts", restarts);
        json.put("executors", executors);
        json.put("executors_kept", executorsKept);
        json.put("next_checkpoint_millis", nextCheckpoint);
        json.put("failed_checkpoints", failedCheckpoints);
        json.put("by_standby", byStandby);
        return write(json);
    }

    /**
     * Medians and maxima of faults of one kind.
     *
     * @param standbyReady how long after each fault a standby held the state as of the last checkpoint or the one
     *     before, about; without those where none did
     */
    static String summary(List<FaultFigures> figures, List<Long> standbyReady, RecoverySettings settings) {
        FaultKind kind = figures.get(0).kind();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("benchmark", "recovery/" + kind.word() + "/summary");
        json.put("faults", figures.size());
        json.put("state_bytes", settings.keys() * settings.stateBytes());
        json.put("records_per_second", settings.recordsPerSecond());
        json.put("standby", settings.standby());
        put(json, "detected_millis", figures, FaultFigures::detected);
        put(json, "gap_millis", figures, FaultFigures::gap);
        put(json, "silence_millis", figures, FaultFigures::silence);
        put(json, "caught_up_millis", figures, FaultFigures::caughtUp);
        put(json, "records_replayed", figures, FaultFigures::replayed);
        put(json, "next_checkpoint_millis", figures, FaultFigures::nextCheckpoint);
        put(json, "standby_ready_millis", standbyReady, Function.identity());
        json.put("restarts", figures.stream().mapToLong(FaultFigures::restarts).sum());
        json.put(
                "executors_lost_besides",
                figures.stream()
                        .mapToInt(each -> each.executors() - each.executorsKept())
                        .sum());
        return write(json);
    }

    private static <F> void put(
            Map<String, Object> json, String name, List<F> figures, Function<F, @Nullable Long> figure) {
        long[] values = figures.stream()
                .map(figure)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        if (values.length == 0) {
            json.put(name, null);
            return;
        }
        Map<String, Object> of = new LinkedHashMap<>();
        of.put("median", median(values));
        of.put("max", values[values.length - 1]);
        of.put("min", values[0]);
        if (values.length < figures.size()) {
            of.put("unknown", figures.size() - values.length);
        }
        json.put(name, of);
    }

    private static long median(long[] sorted) {
        return Arrays.stream(sorted, (sorted.length - 1) / 2, sorted.length / 2 + 1)
                        .sum()
                / (sorted.length % 2 == 0 ? 2 : 1);
    }

    private static String write(Map<String, Object> json) {
        try {
            return JSON.writeValueAsString(json);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("Figures could not be written as JSON.", impossible);
        }
    }
}
