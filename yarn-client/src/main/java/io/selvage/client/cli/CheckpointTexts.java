package io.selvage.client.cli;

import io.selvage.checkpoint.backend.StateCensus;
import io.selvage.checkpoint.content.CheckpointContents;
import io.selvage.checkpoint.content.FoundCheckpoint;
import io.selvage.checkpoint.content.KeyGroupSkew;
import io.selvage.checkpoint.content.OperatorContents;
import io.selvage.checkpoint.content.Verification;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checkpoints and savepoints as people and programs read them; pure. */
final class CheckpointTexts {
    private static final List<String> LIST =
            List.of("KIND", "JOB", "NUMBER", "TAKEN AT (UTC)", "IN ITS DIRECTORY", "STANDING", "PATH");
    private static final List<String> OPERATORS = List.of(
            "OPERATOR", "PARALLELISM", "BACKEND", "KEYS", "KEYED STATE", "SEGMENTS", "OTHER STATE", "RECORDS READ");
    private static final List<String> STATES = List.of("  STATE", "KIND", "KEYS", "BYTES", "TYPE");
    private static final String NOTHING = "-";

    private CheckpointTexts() {}

    // ---- lists ---------------------------------------------------------------------------------------------------

    static String table(List<FoundCheckpoint> found) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(LIST);
        for (FoundCheckpoint each : found) {
            CheckpointMetadata metadata = each.metadata();
            rows.add(List.of(
                    metadata == null ? "unknown" : kind(metadata),
                    metadata == null ? NOTHING : metadata.getJobId(),
                    metadata == null ? NOTHING : Long.toString(metadata.getCheckpoint()),
                    Words.time(metadata == null ? each.modifiedMillis() : metadata.getTriggerTimeMillis()),
                    Words.bytes(each.bytes()),
                    each.standing().inWords(),
                    each.path()));
        }
        return Table.of(rows);
    }

    static Map<String, Object> json(FoundCheckpoint found) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("path", found.path());
        json.put("standing", found.standing().name());
        putMetadata(found.metadata(), json);
        json.put("directory_bytes", found.bytes());
        json.put("modified_millis", found.modifiedMillis());
        json.put("problem", found.problem().isEmpty() ? null : found.problem());
        return json;
    }

    private static void putMetadata(@Nullable CheckpointMetadata metadata, Map<String, Object> json) {
        if (metadata == null) {
            return;
        }
        json.put("job_id", metadata.getJobId());
        json.put("number", metadata.getCheckpoint());
        json.put("kind", metadata.getSavepoint() ? "SAVEPOINT" : "CHECKPOINT");
        json.put("terminal", metadata.getTerminal());
        json.put("incarnation", metadata.getIncarnation());
        json.put("epoch", metadata.getEpoch());
        json.put("trigger_millis", metadata.getTriggerTimeMillis());
        json.put("format", metadata.getFormat());
        json.put("max_parallelism", metadata.getMaxParallelism());
    }

    private static String kind(CheckpointMetadata metadata) {
        return metadata.getSavepoint() ? "savepoint" : metadata.getTerminal() ? "last checkpoint" : "checkpoint";
    }

    // ---- one ------------------------------------------------------------------------------------------------------

    static String inWords(CheckpointContents contents) {
        CheckpointMetadata metadata = contents.metadata();
        StringBuilder text = new StringBuilder();
        String kind = kind(metadata);
        text.append(Character.toUpperCase(kind.charAt(0))).append(kind.substring(1));
        text.append(" ").append(metadata.getCheckpoint()).append(" of ").append(metadata.getJobId());
        text.append(", taken at ")
                .append(Words.time(metadata.getTriggerTimeMillis()))
                .append(" UTC in incarnation ");
        text.append(metadata.getIncarnation())
                .append(" under master ")
                .append(metadata.getEpoch())
                .append(".\n");
        text.append("Metadata of format ").append(metadata.getFormat()).append(": ");
        text.append(contents.metadataFile()).append("\n");
        text.append("Maximum parallelism ").append(metadata.getMaxParallelism()).append("; ");
        text.append(Words.bytes(contents.fileBytes())).append(" of state in files");
        if (contents.references().isEmpty()) {
            text.append(", all of them its own.");
        } else {
            text.append(", also in the directories of other checkpoints, which it needs:");
            contents.references().forEach(directory -> text.append("\n  ").append(directory));
        }
        text.append("\n\n").append(operators(contents.operators()));
        contents.operators().stream()
                .filter(OperatorContents::isKeyed)
                .forEach(operator -> text.append("\n\n").append(keyed(operator)));
        return text.toString();
    }

    private static String operators(List<OperatorContents> operators) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(OPERATORS);
        for (OperatorContents each : operators) {
            rows.add(List.of(
                    each.uid(),
                    Integer.toString(each.parallelism()),
                    each.isKeyed() ? each.backend().name().toLowerCase(Locale.ROOT) : NOTHING,
                    each.isKeyed() ? count(each.keys()) : NOTHING,
                    each.isKeyed() ? Words.bytes(each.storedBytes()) : NOTHING,
                    each.isKeyed() ? Integer.toString(each.segments()) : NOTHING,
                    Words.bytes(each.operatorStateBytes()),
                    each.recordsRead() == 0 ? NOTHING : Words.count(each.recordsRead())));
        }
        return Table.of(rows);
    }

    private static String keyed(OperatorContents operator) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(STATES);
        for (StateCensus.StateSize state : operator.states()) {
            rows.add(List.of(
                    "  " + state.name(),
                    state.kind(),
                    count(state.keys()),
                    state.bytes() == StateCensus.UNKNOWN ? NOTHING : Words.bytes(state.bytes()),
                    state.schema()));
        }
        KeyGroupSkew skew = KeyGroupSkew.of(operator.groupBytes());
        return operator.uid() + ", by keys of the type " + operator.keySchema() + ":\n" + Table.of(rows)
                + "\n  A key group has " + Words.bytes(skew.leastBytes()) + " at least, "
                + Words.bytes(skew.medianBytes()) + " in the median, " + Words.bytes(skew.mostBytes())
                + " at most; the largest: "
                + skew.largest().stream()
                        .map(group -> group + " (" + Words.bytes(operator.groupBytes()[group]) + ")")
                        .collect(Collectors.joining(", "));
    }

    private static String count(long number) {
        return number == StateCensus.UNKNOWN ? NOTHING : Words.count(number);
    }

    static Map<String, Object> json(CheckpointContents contents) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("metadata_path", contents.metadataFile());
        putMetadata(contents.metadata(), json);
        json.put("file_bytes", contents.fileBytes());
        json.put("references", List.copyOf(contents.references()));
        json.put(
                "operators",
                contents.operators().stream().map(CheckpointTexts::json).toList());
        return json;
    }

    private static Map<String, Object> json(OperatorContents operator) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("uid", operator.uid());
        json.put("parallelism", operator.parallelism());
        json.put("operator_state_bytes", operator.operatorStateBytes());
        json.put("records_read", operator.recordsRead());
        if (operator.isKeyed()) {
            KeyGroupSkew skew = KeyGroupSkew.of(operator.groupBytes());
            json.put("backend", operator.backend().name());
            json.put("key_type", operator.keySchema());
            json.put("keys", known(operator.keys()));
            json.put("keyed_state_bytes", operator.storedBytes());
            json.put("segments", operator.segments());
            json.put(
                    "states",
                    operator.states().stream().map(CheckpointTexts::json).toList());
            json.put("least_group_bytes", skew.leastBytes());
            json.put("median_group_bytes", skew.medianBytes());
            json.put("most_group_bytes", skew.mostBytes());
            json.put("largest_groups", skew.largest());
        }
        return json;
    }

    private static Map<String, Object> json(StateCensus.StateSize state) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", state.name());
        json.put("kind", state.kind());
        json.put("type", state.schema());
        json.put("keys", known(state.keys()));
        json.put("bytes", known(state.bytes()));
        return json;
    }

    private static @Nullable Long known(long number) {
        return number == StateCensus.UNKNOWN ? null : (Long) number;
    }

    static Map<String, Object> json(String path, Verification verified) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("path", path);
        json.put("whole", verified.problems().isEmpty());
        putMetadata(verified.metadata(), json);
        json.put("files", verified.files());
        json.put("segments", verified.segments());
        json.put("bytes", verified.bytes());
        json.put("keys", verified.keys());
        json.put("problems", verified.problems());
        return json;
    }
}
