package io.selvage.client;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;

/** The end of a job as YARN tells it, to which the master of its application has said it at the last; pure. */
final class LastWord {
    /** As the master writes it. */
    private static final Pattern KEPT = Pattern.compile("(?m)^Its last checkpoint is kept: (\\S+)$");

    private LastWord() {}

    /** @param diagnostics what YARN keeps of an application's end */
    static JobDescription.Builder of(String jobId, FinalApplicationStatus status, String diagnostics) {
        JobDescription.Builder end = JobDescription.newBuilder().setJobId(jobId);
        Matcher kept = KEPT.matcher(diagnostics);
        if (kept.find()) {
            end.setRetainedCheckpoint(kept.group(1));
        }
        switch (status) {
            case SUCCEEDED -> end.setPhase(JobPhase.FINISHED);
            case KILLED -> end.setPhase(JobPhase.CANCELED);
            case FAILED, UNDEFINED, ENDED -> {
                String why = KEPT.matcher(diagnostics).replaceAll("").strip();
                String said = jobId + " has failed: ";
                end.setPhase(JobPhase.FAILED)
                        .setFailure(Failure.newBuilder()
                                .setKind(FailureKind.FATAL)
                                .setMessage(why.startsWith(said) ? why.substring(said.length()) : why));
            }
        }
        return end;
    }
}
