package io.selvage.client;

import io.selvage.protocol.failure.EndWords;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;

/** The end of a job as YARN tells it, to which the master of its application has said it at the last; pure. */
final class LastWord {
    private LastWord() {}

    /** @param diagnostics what YARN keeps of an application's end */
    static JobDescription.Builder of(String jobId, FinalApplicationStatus status, String diagnostics) {
        JobDescription.Builder end =
                JobDescription.newBuilder().setJobId(jobId).setRetainedCheckpoint(EndWords.keptIn(diagnostics));
        switch (status) {
            case SUCCEEDED -> end.setPhase(JobPhase.FINISHED);
            case KILLED -> end.setPhase(JobPhase.CANCELED);
            case FAILED, UNDEFINED, ENDED ->
                end.setPhase(JobPhase.FAILED)
                        .setFailure(Failure.newBuilder()
                                .setKind(FailureKind.FATAL)
                                .setMessage(EndWords.whyIn(jobId, diagnostics)));
        }
        return end;
    }
}
