package io.selvage.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.Test;

class LastWordTest {
    private static JobDescription end(FinalApplicationStatus status, String diagnostics) {
        return LastWord.of("job-1", status, diagnostics).build();
    }

    @Test
    void theStatusIsTheJobsEnd() {
        assertThat(end(FinalApplicationStatus.SUCCEEDED, "job-1 has finished.").getPhase())
                .isEqualTo(JobPhase.FINISHED);
        JobDescription canceled =
                end(FinalApplicationStatus.KILLED, "job-1 was canceled.\nIts last checkpoint is kept: hdfs://nn/chk-7");
        assertThat(canceled.getPhase()).isEqualTo(JobPhase.CANCELED);
        assertThat(canceled.getRetainedCheckpoint()).isEqualTo("hdfs://nn/chk-7");
    }

    @Test
    void aFailureKeepsItsCauses() {
        JobDescription failed = end(
                FinalApplicationStatus.FAILED,
                "job-1 has failed: Line 3 is no flight.\n  caused by x.Y: z\nIts last checkpoint is kept: hdfs://nn/c");
        assertThat(failed.getPhase()).isEqualTo(JobPhase.FAILED);
        assertThat(failed.getFailure().getMessage()).isEqualTo("Line 3 is no flight.\n  caused by x.Y: z");
        assertThat(failed.getRetainedCheckpoint()).isEqualTo("hdfs://nn/c");
    }

    @Test
    void aMasterThatHasFailedTooOftenHasNotSaidIt() {
        assertThat(end(FinalApplicationStatus.FAILED, "it has failed; its master's container was killed with signal 9.")
                        .getFailure()
                        .getMessage())
                .isEqualTo("it has failed; its master's container was killed with signal 9.");
    }
}
