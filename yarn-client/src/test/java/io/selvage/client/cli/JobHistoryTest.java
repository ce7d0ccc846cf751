package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.Recovery;
import org.junit.jupiter.api.Test;

class JobHistoryTest {
    private static final Failure LOST = Failure.newBuilder()
            .setKind(FailureKind.EXECUTOR_LOST)
            .setMessage("Container 2 was killed for its memory.\nMore of it.")
            .addCauses("signal 9")
            .build();
    private static final JobDescription JOB = JobDescription.newBuilder()
            .setJobId("job-a")
            .setName("flights")
            .setPhase(JobPhase.RUNNING)
            .setRestarts(1)
            .setFailure(LOST)
            .addRecoveries(Recovery.newBuilder()
                    .setFailure(LOST)
                    .setDetectedMillis(86_400_000)
                    .setDeployedMillis(86_400_040)
                    .setRunningMillis(86_400_320)
                    .setIncarnation(2)
                    .setFromCheckpoint(41)
                    .setRecordsReplayed(20_000)
                    .setByStandby(true))
            .addRecoveries(Recovery.newBuilder().setFailure(LOST).setDetectedMillis(86_500_000))
            .build();

    @Test
    void tellsTheLastFailureWithItsCausesAndHowTheJobCameBackFromEach() {
        assertThat(JobHistory.inWords(JOB, false)).isEqualTo("""
                        Job job-a "flights": running, 1 restart

                        The last failure, EXECUTOR_LOST:
                          Container 2 was killed for its memory.
                          More of it.
                          caused by signal 9

                        FAILED AT       BACK AFTER  INCARNATION  CHECKPOINT  REPLAYED  STANDBY  FAILURE
                        01-02 00:00:00  320 ms      2            41          20,000    yes      EXECUTOR_LOST: Container 2 was killed for its memory.
                        01-02 00:01:40  not yet     -            -           0         no       EXECUTOR_LOST: Container 2 was killed for its memory.""");
    }

    @Test
    void tellsThatNothingHasHappened() {
        assertThat(JobHistory.inWords(
                        JOB.toBuilder().clearFailure().clearRecoveries().build(), false))
                .endsWith("This master has seen no failure of it.");
    }

    @Test
    void recoveriesAreInTheJsonToo() {
        assertThat(Json.write(Reports.job(JOB)))
                .contains("\"recoveries\": [{\"detected_millis\": 86400000, ")
                .contains("\"from_checkpoint\": 41", "\"causes\": [\"signal 9\"]", "\"running_millis\": null");
    }
}
