package io.selvage.client.cli;

import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SubtaskPart;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/** What a job does, what has gone wrong, how it came back, and how its checkpoints went; pure. Times are UTC. */
final class JobHistory {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final List<String> HEADER =
            List.of("FAILED AT", "BACK AFTER", "INCARNATION", "CHECKPOINT", "REPLAYED", "STANDBY", "FAILURE");
    private static final List<String> CHECKPOINT_HEADER = List.of(
            "CHECKPOINT",
            "BEGUN AT",
            "IS",
            "AFTER",
            "BARRIER",
            "ALIGNED",
            "PAUSED",
            "WROTE",
            "UPLOADED",
            "PUBLISHED",
            "JOURNALED",
            "ADDED",
            "STATE");

    private JobHistory() {}

    static String inWords(JobDescription job, boolean verbose, long nowMillis) {
        StringBuilder text = new StringBuilder();
        text.append("Job ")
                .append(job.getJobId())
                .append(" \"")
                .append(job.getName())
                .append("\": ");
        text.append(Words.phase(job.getPhase())).append(", ").append(Words.times(job.getRestarts(), "restart"));
        if (!job.getAlarm().isEmpty()) {
            text.append("\nALARM  ").append(job.getAlarm());
        }
        if (job.hasFailure()) {
            text.append("\n\nThe last failure, ")
                    .append(job.getFailure().getKind())
                    .append(":");
            text.append(JobEnd.failure(job.getFailure(), verbose));
        }
        if (job.getVerticesCount() > 0) {
            text.append("\n\n").append(JobSteps.table(job.getVerticesList(), nowMillis));
        }
        text.append("\n\n");
        text.append(job.getRecoveriesCount() == 0 ? "This master has seen no failure of it." : table(job));
        if (job.getCheckpointsCount() > 0) {
            text.append("\n\n").append(checkpoints(job.getCheckpointsList()));
        }
        return text.toString();
    }

    /** Times of subtasks: the longest of each kind, whoever's it is. */
    private static String checkpoints(List<CheckpointDescription> checkpoints) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(CHECKPOINT_HEADER);
        for (CheckpointDescription checkpoint : checkpoints) {
            rows.add(List.of(
                    (checkpoint.getSavepoint() ? "savepoint " : "") + checkpoint.getCheckpoint(),
                    TIME.format(Instant.ofEpochMilli(checkpoint.getTriggerMillis())),
                    checkpoint.getState() == CheckpointState.CHECKPOINT_COMPLETED ? "complete" : "failed",
                    millis(checkpoint.getDurationMicros()),
                    longest(checkpoint, SubtaskPart::getFirstBarrierMicros),
                    longest(checkpoint, SubtaskPart::getAlignmentMicros),
                    longest(checkpoint, SubtaskPart::getSynchronousMicros),
                    longest(checkpoint, SubtaskPart::getGatheringMicros),
                    longest(checkpoint, SubtaskPart::getUploadMicros),
                    millis(checkpoint.getPublishMicros()),
                    millis(checkpoint.getJournalMicros()),
                    Words.bytes(checkpoint.getBytes()),
                    Words.bytes(checkpoint.getStateBytes())));
        }
        StringBuilder text = new StringBuilder(Table.of(rows));
        CheckpointDescription newest = checkpoints.get(checkpoints.size() - 1);
        Optional<CheckpointDescription> failed = checkpoints.stream()
                .filter(each -> each.getState() == CheckpointState.CHECKPOINT_FAILED)
                .reduce((older, newer) -> newer);
        failed.ifPresent(each -> text.append("\nCheckpoint ")
                .append(each.getCheckpoint())
                .append(" failed: ")
                .append(each.getReason())
                .append(each.getReason().endsWith(".") ? " " : ". ")
                .append(each.getSlowest()));
        if (failed.isEmpty() || !failed.get().equals(newest)) {
            text.append("\nCheckpoint ")
                    .append(newest.getCheckpoint())
                    .append(": ")
                    .append(newest.getSlowest());
        }
        return text.toString();
    }

    private static String longest(CheckpointDescription checkpoint, ToLongFunction<SubtaskPart> micros) {
        return millis(
                checkpoint.getSubtasksList().stream().mapToLong(micros).max().orElse(0));
    }

    private static String millis(long micros) {
        return Words.duration(TimeUnit.MICROSECONDS.toMillis(micros));
    }

    private static String table(JobDescription job) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADER);
        for (Recovery recovery : job.getRecoveriesList()) {
            boolean isDeployed = recovery.getDeployedMillis() > 0;
            rows.add(List.of(
                    TIME.format(Instant.ofEpochMilli(recovery.getDetectedMillis())),
                    recovery.getRunningMillis() == 0
                            ? "not yet"
                            : recovery.getRunningMillis() - recovery.getDetectedMillis() + " ms",
                    isDeployed ? Long.toString(recovery.getIncarnation()) : "-",
                    isDeployed ? Long.toString(recovery.getFromCheckpoint()) : "-",
                    Words.count(recovery.getRecordsReplayed()),
                    recovery.getByStandby() ? "yes" : "no",
                    summary(recovery.getFailure())));
        }
        return Table.of(rows);
    }

    private static String summary(Failure failure) {
        return failure.getKind() + ": "
                + failure.getMessage().lines().findFirst().orElse("");
    }
}
