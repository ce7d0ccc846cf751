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
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a job comes back from the loss of an executor or the failure of a subtask. */
class TaskRecoveryTest {
    private static final Failure THREW = failure(FailureKind.USER_CODE, "It threw.");

    /** {@link MasterHarness#running}, and a third executor that runs nothing. */
    private static MasterHarness runningWithASpare() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 3);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.register(3);
        harness.completeCheckpoint();
        return harness;
    }

    private static Failure lost(int number) {
        return failure(FailureKind.EXECUTOR_LOST, "The connection to executor " + number + " has broken.").toBuilder()
                .setExecutorId(executor(number).value())
                .build();
    }

    private static void heartbeat(MasterHarness harness, int number) {
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(number), harness.connection(number), Heartbeat.getDefaultInstance()));
    }

    // ---- the fast path ----

    @Test
    void oneRecordAndNoStopLieBetweenTheLossOfAnExecutorAndTheNextIncarnation() {
        MasterHarness harness = runningWithASpare();
        int recordsBefore = harness.journal.size();
        harness.disconnect(2);
        assertThat(harness.phase()).isEqualTo(JobPhase.DEPLOYING);
        assertThat(harness.journal).hasSize(recordsBefore + 1);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
    }

    @Test
    void recordOfTheNextIncarnationSaysWhichFailureItFollows() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        var started = harness.journal.get(harness.journal.size() - 1).getIncarnationStarted();
        assertThat(started.getAfter().getIncarnation()).isEqualTo(1);
        assertThat(started.getAfter().getFailuresInARow()).isEqualTo(1);
        assertThat(started.getAfter().getFailure().getExecutorId())
                .isEqualTo(executor(2).value());
    }

    @Test
    void survivorsKeepTheirSlots() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        List<ExecutorId> before = List.of(executor(1), executor(3), executor(1));
        for (SubtaskPlacement placement : harness.lastDeploy().getSubtasksList()) {
            assertThat(placement.getExecutorId())
                    .isEqualTo(before.get(placement.getSubtask()).value());
        }
    }

    @Test
    void nothingIsToldToASubtaskBeforeTheNextIncarnationIsDurable() {
        MasterHarness harness = runningWithASpare();
        int deploys = harness.sent(MasterMessage::hasDeploy).size();
        harness.journalHeld = true;
        harness.disconnect(2);
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(deploys);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(deploys + 2);
    }

    @Test
    void secondLossWithoutACheckpointBetweenIsDelayed() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.register(4);
        harness.disconnect(3);
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed))
                .singleElement()
                .satisfies(failed -> assertThat(failed.getIncarnationFailed().getFailuresInARow())
                        .isEqualTo(2));
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
    }

    @Test
    void lossAfterACheckpointIsTheFirstAgain() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        harness.register(4);
        harness.disconnect(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
    }

    // ---- the slower one ----

    @Test
    void failureIsDurableBeforeSubtasksAreStopped() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, THREW);
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).hasSize(1);
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
    }

    @Test
    void failureThatEndsTheJobIsDurableBeforeSubtasksAreStopped() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.FATAL, "A broken invariant."));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
    }

    @Test
    void lossWithoutSlotsAtHandIsJournaledAndStopsTheSurvivors() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.disconnect(2);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        assertThat(harness.requestedContainers()).isEqualTo(3);
        harness.confirmHeld();
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).hasSize(1);
        assertThat(harness.sent(MasterMessage::hasStop))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(1)));
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void survivorsThatDidNotFitAreStoppedOnceTheNextIncarnationIsDurable() {
        MasterHarness harness = runningWithASpare();
        harness.journalHeld = true;
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, lost(2));
        harness.pass(Duration.ofMillis(100));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasStop))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(2)));
    }

    // ---- suspects ----

    @Test
    void executorThatAnotherOneMissesHasAMomentToEnd() {
        MasterHarness harness = runningWithASpare();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, lost(2));
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        harness.pass(Duration.ofMillis(20));
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).isEmpty();
    }

    @Test
    void jobGoesOnWithoutAnExecutorThatAnotherOneMisses() {
        MasterHarness harness = runningWithASpare();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, lost(2));
        harness.pass(Duration.ofMillis(99));
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        harness.pass(Duration.ofMillis(1));
        assertThat(harness.lastDeploy().getExecutorsList())
                .extracting(address -> address.getExecutorId())
                .containsExactlyInAnyOrder(executor(1).value(), executor(3).value());
    }

    @Test
    void suspectThatShowsLifeIsUsedAgain() {
        MasterHarness harness = MasterHarness.running();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, lost(2));
        harness.pass(Duration.ofMillis(50));
        heartbeat(harness, 2);
        harness.pass(Duration.ofMillis(50));
        assertThat(harness.phase()).as("that may have been sent before").isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        heartbeat(harness, 2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getExecutorsList()).hasSize(2);
    }

    @Test
    void lossOfANodeIsTheLossOfItsExecutors() {
        MasterHarness harness = runningWithASpare();
        harness.tell(new MasterEvent.NodeLost("node2:1", "LOST"));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.last(MasterAction.ReleaseContainer.class).executor()).isEqualTo(executor(2));
    }

    @Test
    void nodeThatIsLostLaterExplainsTheLossOfItsExecutor() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        harness.tell(new MasterEvent.NodeLost("node9:1", "Node node9:1 is LOST for YARN."));
        assertThat(harness.describe(JOB).getRecoveries(0).getFailure().getMessage())
                .contains("has broken");
        harness.passAlive(Duration.ofSeconds(6));
        harness.tell(new MasterEvent.NodeLost("node2:1", "Node node2:1 is LOST for YARN."));
        assertThat(harness.describe(JOB).getRecoveries(0).getFailure().getMessage())
                .isEqualTo("Executor " + executor(2) + " is gone with its node. Node node2:1 is LOST for YARN.");
    }

    @Test
    void yarnExplainsALossThatAnotherExecutorHasReportedFirst() {
        MasterHarness harness = runningWithASpare();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, lost(2));
        harness.disconnect(2);
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), -104, "It used too much memory."));
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("It used too much memory.");
        assertThat(harness.describe(JOB).getFailure().getExecutorId())
                .isEqualTo(executor(2).value());
        harness.tell(new MasterEvent.NodeLost("node2:1", "Node node2:1 is LOST for YARN."));
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("It used too much memory.");
    }

    // ---- the journal's memory ----

    @Test
    void failuresInARowOutliveTheMaster() {
        MasterHarness harness = new MasterHarness();
        harness.settings.put("selvage.restart.attempts", "2");
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.report(1, 1, 3, 0, SubtaskState.SUBTASK_FAILED, THREW);
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1);
        for (int incarnation = 2; incarnation <= 3; incarnation++) {
            assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(incarnation);
            harness.reportAll(SubtaskState.SUBTASK_RUNNING);
            harness.report(1, incarnation, 3, 0, SubtaskState.SUBTASK_FAILED, THREW);
            harness.passAlive(Duration.ofSeconds(2));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("restarted 2 times");
    }

    @Test
    void failureOnTheFastPathOutlivesTheMaster() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        JournaledState replayed = JournaledState.replay(harness.journal);
        assertThat(replayed.jobs().get(0).getFailed().getFailuresInARow()).isEqualTo(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        assertThat(JournaledState.replay(harness.journal).jobs().get(0).hasFailed())
                .isFalse();
    }

    // ---- what is said of it ----

    @Test
    void recoveryIsDescribed() {
        MasterHarness harness = runningWithASpare();
        long detected = 1_000_000 + harness.nowNanos / 1_000_000;
        harness.disconnect(2);
        harness.pass(Duration.ofMillis(30));
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.describe(JOB).getRecoveriesList()).singleElement().satisfies(recovery -> {
            assertThat(recovery.getDetectedMillis()).isEqualTo(detected);
            assertThat(recovery.getDeployedMillis()).isEqualTo(detected);
            assertThat(recovery.getRunningMillis()).isEqualTo(detected + 30);
            assertThat(recovery.getIncarnation()).isEqualTo(2);
            assertThat(recovery.getFromCheckpoint()).isEqualTo(1);
            assertThat(recovery.getFailure().getExecutorId())
                    .isEqualTo(executor(2).value());
        });
    }

    private static void read(MasterHarness harness, long incarnation, int subtask, long records) {
        int number = subtask == 1 ? 2 : 1;
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(number),
                harness.connection(number),
                Heartbeat.newBuilder()
                        .addCounters(SubtaskCounters.newBuilder()
                                .setJobId(JOB.value())
                                .setIncarnation(incarnation)
                                .setVertex(2)
                                .setSubtask(subtask)
                                .setRecordsRead(records))
                        .build()));
    }

    @Test
    void whatTheFailedIncarnationHasReadSinceTheCheckpointIsReplayed() {
        MasterHarness harness = runningWithASpare();
        harness.passAlive(INTERVAL);
        var trigger = harness.lastMessage(MasterMessage::hasTrigger).getTrigger();
        for (int number = 1; number <= 2; number++) {
            SubtaskSnapshot part = SubtaskSnapshot.newBuilder()
                    .setVertex(2)
                    .setSubtask(number - 1)
                    .setRecordsRead(100)
                    .build();
            harness.acknowledge(number, 1, trigger.getCheckpoint(), List.of(part));
        }
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        read(harness, 1, 0, 130);
        read(harness, 1, 1, 125);
        harness.disconnect(2);
        assertThat(harness.describe(JOB).getRecoveries(0).getRecordsReplayed()).isEqualTo(55);
    }

    @Test
    void allThatTheFailedIncarnationHasReadIsReplayedIfItHasTakenNoCheckpoint() {
        MasterHarness harness = runningWithASpare();
        harness.disconnect(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        read(harness, 2, 0, 30);
        harness.report(1, 2, 2, 0, SubtaskState.SUBTASK_FAILED, THREW);
        assertThat(harness.describe(JOB).getRecoveries(1).getRecordsReplayed()).isEqualTo(30);
    }

    @Test
    void causesOfAFailureAreKept() {
        MasterHarness harness = MasterHarness.running();
        Failure caused = THREW.toBuilder()
                .addCauses("IllegalStateException: It threw.")
                .addCauses("ArithmeticException: / by zero")
                .setPosition("orders.csv, line 3")
                .build();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, caused);
        assertThat(harness.describe(JOB).getFailure()).isEqualTo(caused);
        assertThat(harness.describe(JOB).getRecoveries(0).getFailure()).isEqualTo(caused);
    }

    // ---- notices of YARN ----

    @Test
    void jobMovesAwayFromAContainerThatWillBePreempted() {
        MasterHarness harness = runningWithASpare();
        harness.pass(Duration.ofMillis(100));
        harness.tell(new MasterEvent.ContainerToBePreempted(executor(2), "Another queue needs it."));
        harness.collectCheckpoint();
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(2);
        assertThat(harness.lastDeploy().getExecutorsList())
                .extracting(address -> address.getExecutorId())
                .containsExactly(executor(1).value(), executor(3).value());
        assertThat(harness.sent(MasterMessage::hasStop))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(2)));
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.stopped(2, 2);
        assertThat(harness.sent(MasterMessage::hasShutdown))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(2)));
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).isEmpty();
        assertThat(harness.describe(JOB).getRecoveriesList()).isEmpty();
        assertThat(harness.describe(JOB).hasFailure()).isFalse();
    }

    @Test
    void jobStaysUntilThereIsRoomElsewhere() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.tell(new MasterEvent.NodeLeaving("node2:1", "DECOMMISSIONING"));
        assertThat(harness.requestedContainers()).isEqualTo(3);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.allocate(3);
        harness.pass(Duration.ofMillis(100));
        harness.register(3);
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint())
                .isEqualTo(3);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(3);
        harness.stopped(2, 2);
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(1);
        harness.passAlive(Duration.ofSeconds(6));
        assertThat(harness.last(MasterAction.ReleaseContainer.class).executor()).isEqualTo(executor(2));
    }

    @Test
    void containerThatIsTakenBeforeTheJobHasMovedIsALossLikeAnyOther() {
        MasterHarness harness = runningWithASpare();
        harness.tell(new MasterEvent.ContainerToBePreempted(executor(2), "Another queue needs it."));
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.describe(JOB).getRecoveriesList()).hasSize(1);
    }

    @Test
    void nothingNewIsPlacedWhereAContainerWillBePreempted() {
        MasterHarness harness = runningWithASpare();
        harness.tell(new MasterEvent.ContainerToBePreempted(executor(3), "Another queue needs it."));
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(1);
        harness.disconnect(2);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
    }

    @Test
    void onlyTheNewestRecoveriesAreKept() {
        MasterHarness harness = MasterHarness.running();
        for (int incarnation = 1; incarnation <= Recoveries.KEPT + 3; incarnation++) {
            harness.report(1, incarnation, 2, 0, SubtaskState.SUBTASK_FAILED, THREW);
            harness.passAlive(Duration.ofSeconds(1));
            harness.reportAll(SubtaskState.SUBTASK_RUNNING);
            harness.completeCheckpoint();
        }
        List<Recovery> recoveries = harness.describe(JOB).getRecoveriesList();
        assertThat(recoveries).hasSize(Recoveries.KEPT);
        assertThat(recoveries.get(recoveries.size() - 1).getIncarnation()).isEqualTo(Recoveries.KEPT + 4);
    }
}
