package io.selvage.client.cli;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.Recovery;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** What has gone wrong in a job, and how it came back; pure. Times of day are UTC. */
final class JobHistory {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final List<String> HEADER =
            List.of("FAILED AT", "BACK AFTER", "INCARNATION", "CHECKPOINT", "REPLAYED", "STANDBY", "FAILURE");

    private JobHistory() {}

    static String inWords(JobDescription job, boolean verbose) {
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
        text.append("\n\n");
        return text.append(job.getRecoveriesCount() == 0 ? "This master has seen no failure of it." : table(job))
                .toString();
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
