package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the next attempt makes of the journal that a dead master has left. */
class RecoveryTest {
    private static RunningIncarnation running(long incarnation) {
        return RunningIncarnation.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(incarnation)
                .build();
    }

    private static void join(MasterHarness harness, int... containers) {
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(java.util.Arrays.stream(containers)
                .mapToObj(MasterHarness::executor)
                .toList()));
    }

    @Test
    void runningJobGoesOnFromItsLastCheckpointOnTheSurvivors() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        assertThat(harness.last(MasterAction.LoadGraph.class).path()).endsWith("/job-a/graph.pb");
        join(harness, 1, 2);
        harness.register(2);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        harness.register(1);
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
        assertThat(harness.lastMessage(MasterMessage::hasDeploy).getEpoch()).isEqualTo(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        assertThat(harness.of(MasterAction.RequestContainers.class)).isEmpty();
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).isEmpty();
    }

    @Test
    void checkpointNumbersRiseAcrossMasters() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        join(harness, 1, 2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.passAlive(INTERVAL);
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint())
                .isEqualTo(3);
    }

    /** To ask YARN for what it refuses would end the master, and the session with the last of its attempts. */
    @Test
    void waitsForANodeOnWhichExecutorsFit() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(
                Map.of(executor(1), MasterHarness.MEMORY_MIB), 4_096, "An executor is to have 1 of yarn.io/gpu."));
        harness.register(1);
        harness.passAlive(Duration.ofMinutes(5));
        harness.tell(new MasterEvent.ClusterSized(7));
        assertThat(harness.of(MasterAction.RequestContainers.class)).isEmpty();
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.notices())
                .singleElement()
                .asString()
                .contains("until a node that is large enough has come", "1 of yarn.io/gpu");

        harness.tell(new MasterEvent.ExecutorsFit("node9:1"));
        assertThat(harness.requestedContainers()).isEqualTo(1);
        assertThat(harness.notices()).isEmpty();
    }

    @Test
    void asksOnlyForContainersThatAreMissingAfterAGrace() {
        MasterHarness harness = MasterHarness.running();
        harness.crashMaster(false);
        join(harness, 1, 2);
        harness.register(1);
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.of(MasterAction.RequestContainers.class)).isEmpty();
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.requestedContainers()).isEqualTo(1);
        assertThat(harness.last(MasterAction.ReleaseContainer.class).executor()).isEqualTo(executor(2));
    }

    @Test
    void doesNotWaitForAContainerThatIsKnownToBeGone() {
        MasterHarness harness = MasterHarness.running();
        harness.crashMaster(false);
        join(harness, 1, 2);
        harness.register(1);
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 137, "It was killed by signal 9."));
        assertThat(harness.requestedContainers()).isEqualTo(1);
    }

    @Test
    void submittedJobIsDeployedForTheFirstTime() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 3);
        harness.crashMaster(false);
        join(harness);
        assertThat(harness.requestedContainers()).isEqualTo(2);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(1);
    }

    @Test
    void submissionThatWasNotDurableIsForgotten() {
        MasterHarness harness = new MasterHarness();
        harness.journalHeld = true;
        harness.submitted(JOB, 1);
        harness.crashMaster(false);
        assertThat(harness.of(MasterAction.LoadGraph.class)).isEmpty();
    }

    @Test
    void deployingJobGetsANewIncarnationEvenIfItsRecordWasNeverConfirmed() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.journalHeld = true;
        harness.register(1);
        harness.crashMaster(true);
        join(harness, 1);
        harness.register(1);
        harness.allocate(2);
        harness.register(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void cancelThatIsDurableIsCarriedOut() {
        MasterHarness harness = MasterHarness.running();
        harness.cancel(JOB);
        harness.crashMaster(false);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        join(harness, 1, 2);
        harness.register(1, running(1));
        harness.register(2);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        harness.stopped(1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
    }

    @Test
    void restartingJobRestarts() {
        MasterHarness harness = MasterHarness.running();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.crashMaster(false);
        join(harness, 1, 2);
        harness.register(1);
        harness.register(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void finishingJobGoesOnFromItsTerminalCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.crashMaster(false);
        join(harness, 1, 2);
        harness.register(1);
        harness.register(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    @Test
    void checkpointWhoseRecordWasDurableButNeverConfirmedCounts() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.crashMaster(true);
        join(harness, 1, 2);
        harness.register(1);
        harness.register(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
    }

    @Test
    void endedJobStaysEndedAndWhatIsLeftOfItIsStoppedAndDeleted() {
        MasterHarness harness = MasterHarness.running();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.crashMaster(false);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).hasSize(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1, running(1));
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(1);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
    }

    @Test
    void failedJobKeepsItsCause() {
        MasterHarness harness = MasterHarness.running();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.BAD_INPUT, "Line 3 is broken."));
        harness.crashMaster(false);
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("Line 3 is broken.");
    }

    @Test
    void replayOfASnapshotIsReplayOfTheRecords() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        JournaledState whole = JournaledState.replay(harness.journal);
        JournaledState compacted = JournaledState.replay(List.of(
                JournalRecord.newBuilder().setSnapshot(whole.toSnapshot()).build()));
        assertThat(compacted.toSnapshot()).isEqualTo(whole.toSnapshot());
    }
}
