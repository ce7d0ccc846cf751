package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskState;
import org.junit.jupiter.api.Test;

/**
 * What another job has started from stays until that one has a checkpoint of its own, by the word of the journal alone:
 * a master that dies before finds it without, and restores it from there.
 */
class PutOffDeletionTest {
    private static final JobId OTHER = new JobId("job-b");

    /** Two jobs of parallelism 1 on one executor, both running; the other has no checkpoint. */
    private static MasterHarness running(RestoredFrom from, RestoredFrom ofOther) {
        MasterHarness harness = new MasterHarness();
        submit(harness, JOB, from);
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        submit(harness, OTHER, ofOther);
        harness.reportAll(OTHER, SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.describe(OTHER).getPhase()).isEqualTo(JobPhase.RUNNING);
        return harness;
    }

    private static void submit(MasterHarness harness, JobId job, RestoredFrom from) {
        SubmitJobRequest.Builder request = SubmitJobRequest.newBuilder()
                .setJobId(job.value())
                .setGraphPath("hdfs://nn/root/app/" + job + "/graph.pb")
                .putAllSettings(harness.settings);
        if (!from.getMetadataPath().isEmpty()) {
            request.setRestoredFrom(from);
        }
        harness.tell(new MasterEvent.SubmissionRequested(new RequestId(500), request.build()));
        harness.tell(new MasterEvent.GraphLoaded(job, MasterHarness.graph(1)));
    }

    /** The other has started from the first checkpoint of the one. */
    private static MasterHarness withOneStartedFromTheOther() {
        return running(
                RestoredFrom.getDefaultInstance(),
                RestoredFrom.newBuilder()
                        .setMetadataPath(
                                "hdfs://nn/root/app/" + JOB + "/checkpoints/chk-0000000000000001/_metadata-1-1")
                        .setCheckpoint(1)
                        .build());
    }

    /**
     * A checkpoint of the other is stored, and its record is long on its way into the journal: nothing is deleted
     * before.
     */
    private static void letTheOthersRecordBecomeDurableLate(
            MasterHarness harness, Class<? extends MasterAction> deletion) {
        // Before anything is deleted the master asks whether it leads still.
        int asked = harness.of(MasterAction.ConfirmLeadership.class).size();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint(OTHER);
        harness.journalHeld = true;
        harness.metadataWritten(harness.lastCollected(OTHER));
        assertThat(harness.journaled(record -> record.hasCheckpointCompleted()
                        && record.getCheckpointCompleted().getJobId().equals(OTHER.value())))
                .hasSize(1);
        harness.passAlive(INTERVAL.multipliedBy(5));
        assertThat(harness.of(MasterAction.ConfirmLeadership.class)).hasSize(asked);
        assertThat(harness.of(deletion)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.of(MasterAction.ConfirmLeadership.class)).hasSize(asked + 1);
    }

    private static long needed(MasterHarness harness) {
        return harness
                .of(MasterAction.SweepCheckpoints.class, sweep -> sweep.job().equals(JOB))
                .stream()
                .reduce((before, after) -> after)
                .orElseThrow()
                .needed();
    }

    @Test
    void aSweepSparesItWhileTheRecordOfTheOthersCheckpointIsOnItsWay() {
        MasterHarness harness = withOneStartedFromTheOther();
        harness.completeCheckpoint();
        assertThat(needed(harness)).isEqualTo(1);
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint(JOB);
        harness.journalHeld = true;
        harness.metadataWritten(harness.lastCollected(JOB)); // Durable first, and then swept.
        harness.collectCheckpoint(OTHER);
        harness.metadataWritten(harness.lastCollected(OTHER));
        int sweeps = harness.of(MasterAction.SweepCheckpoints.class).size();
        harness.passAlive(INTERVAL.multipliedBy(5));
        assertThat(harness.of(MasterAction.SweepCheckpoints.class)).hasSize(sweeps);
        harness.confirmHeld();
        assertThat(harness.of(
                        MasterAction.SweepCheckpoints.class,
                        sweep -> sweep.job().equals(JOB) && sweep.newest().value() == 3))
                .singleElement()
                .extracting(MasterAction.SweepCheckpoints::needed)
                .isEqualTo(1L);
    }

    @Test
    void theNextSweepTakesItOnceTheOtherThatRunsHasACheckpoint() {
        MasterHarness harness = withOneStartedFromTheOther();
        harness.completeCheckpoint();
        assertThat(needed(harness)).isEqualTo(1);
        harness.completeCheckpoint(OTHER);
        harness.completeCheckpoint();
        assertThat(needed(harness)).isZero();
        assertThat(harness.describe(OTHER).getPhase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void theFilesOfAJobThatHasEndedStayUntilTheOthersCheckpointIsDurable() {
        MasterHarness harness = withOneStartedFromTheOther();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        letTheOthersRecordBecomeDurableLate(harness, MasterAction.DeleteJobFiles.class);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class))
                .extracting(MasterAction.DeleteJobFiles::job)
                .containsExactly(JOB);
        assertThat(harness.describe(OTHER).getPhase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void whatIsClaimedStaysUntilTheOthersCheckpointIsDurable() {
        RestoredFrom claimed = RestoredFrom.newBuilder()
                .setMetadataPath("hdfs://nn/old/_metadata")
                .setCheckpoint(7)
                .setClaimedDirectory("hdfs://nn/old")
                .build();
        MasterHarness harness = new MasterHarness();
        submit(harness, JOB, claimed);
        submit(harness, OTHER, claimed.toBuilder().clearClaimedDirectory().build());
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.reportAll(OTHER, SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        letTheOthersRecordBecomeDurableLate(harness, MasterAction.DeleteClaimed.class);
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .singleElement()
                .extracting(MasterAction.DeleteClaimed::claimed)
                .isEqualTo(claimed);
        assertThat(harness.describe(OTHER).getPhase()).isEqualTo(JobPhase.RUNNING);
    }
}
