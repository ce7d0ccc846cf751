package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a new master makes of subtasks that have outlived the one before. */
class AdoptionTest {
    private static final SubtaskState RUNNING = SubtaskState.SUBTASK_RUNNING;
    private static final SubtaskState DRAINED = SubtaskState.SUBTASK_DRAINED;
    private static final SubtaskState FINISHED = SubtaskState.SUBTASK_FINISHED;

    private static void join(MasterHarness harness) {
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
    }

    private static MasterHarness crashed(int checkpoints) {
        MasterHarness harness = MasterHarness.running();
        for (int i = 0; i < checkpoints; i++) {
            harness.completeCheckpoint();
        }
        harness.crashMaster(false);
        join(harness);
        return harness;
    }

    private static void register(MasterHarness harness, SubtaskState state, long highestCheckpoint) {
        harness.register(1, harness.stillRunning(1, state, highestCheckpoint));
        harness.register(2, harness.stillRunning(2, state, highestCheckpoint));
    }

    private static void assertNothingRestarts(MasterHarness harness) {
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(1);
        assertThat(harness.of(MasterAction.RequestContainers.class)).isEmpty();
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).isEmpty();
    }

    private static CompleteCheckpoint lastCompletion(MasterHarness harness) {
        return harness.lastMessage(MasterMessage::hasComplete).getComplete();
    }

    /** Each of them reads all records since the last snapshot, file by file, while the job waits. */
    @Test
    void mastersThatDieEarlyDoNotLetTheJournalGrow() {
        MasterHarness harness = MasterHarness.running();
        for (int masters = 0; masters < 20; masters++) {
            for (int checkpoint = 0; checkpoint < Outbox.RECORDS_PER_SNAPSHOT / 5; checkpoint++) {
                harness.completeCheckpoint();
            }
            assertThat(JournaledState.replay(harness.journal).recordsSinceSnapshot())
                    .isLessThanOrEqualTo(Outbox.RECORDS_PER_SNAPSHOT);
            long last = harness.describe(JOB).getLastCheckpoint();
            harness.crashMaster(true);
            join(harness);
            register(harness, RUNNING, last);
            assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        }
    }

    @Test
    void theSessionSaysWhenAnExecutorFirstMissedTheMasterBefore() {
        MasterHarness harness = crashed(1);
        for (int number = 1; number <= 3; number++) {
            harness.tell(new MasterEvent.ExecutorRegistered(
                    executor(number),
                    new ConnectionId(70 + number),
                    Register.newBuilder()
                            .setExecutorId(executor(number).value())
                            .setSlots(2)
                            .setMasterlessSinceMillis(new long[] {5_000, 4_000, 0}[number - 1])
                            .build()));
        }
        harness.tell(new MasterEvent.SessionQueried(new RequestId(9), 0, 0));
        SessionDescription session =
                (SessionDescription) harness.last(MasterAction.Reply.class).response();
        assertThat(session.getMasterMissedMillis()).isEqualTo(4_000);
    }

    @Test
    void incarnationOfWhichEverySubtaskIsLeftGoesOn() {
        MasterHarness harness = crashed(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getIncarnation()).isEqualTo(1);
        assertThat(harness.describe(JOB).getRestarts()).isZero();
        assertNothingRestarts(harness);
    }

    @Test
    void adoptionAndTheFirstCheckpointAfterItAreDescribed() {
        MasterHarness harness = crashed(1);
        harness.pass(Duration.ofSeconds(1));
        long now = 1_000_000 + harness.nowNanos / 1_000_000;
        assertThat(harness.describe(JOB).getFirstCheckpointMillis()).isZero();
        register(harness, RUNNING, 1);
        harness.tell(new MasterEvent.Tick());
        harness.pass(Duration.ofMillis(200));
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.describe(JOB).getAdoptedMillis()).isEqualTo(now);
        assertThat(harness.describe(JOB).getFirstCheckpointMillis()).isEqualTo(now + 200);
        assertThat(harness.describe(JOB).getRecoveriesList()).isEmpty();
    }

    @Test
    void lastCompletionIsSentAgainAndWhatWasPendingIsAborted() {
        MasterHarness harness = crashed(2);
        harness.register(1, harness.stillRunning(1, RUNNING, 4));
        harness.register(2, harness.stillRunning(2, RUNNING, 3));
        assertThat(harness.sent(MasterMessage::hasComplete)).hasSize(2);
        assertThat(lastCompletion(harness).getCheckpoint()).isEqualTo(2);
        assertThat(lastCompletion(harness).getIncarnation()).isEqualTo(1);
        assertThat(lastCompletion(harness).getTerminal()).isFalse();
        assertThat(harness.sent(MasterMessage::hasAbort)).hasSize(2).allSatisfy(send -> {
            AbortCheckpoint abort = send.message().getAbort();
            assertThat(abort.getCheckpoint()).isEqualTo(4);
            assertThat(abort.getIncarnation()).isEqualTo(1);
            assertThat(send.message().getEpoch()).isEqualTo(2);
        });
    }

    @Test
    void checkpointsGoOnAtOnceAboveAllThatAnySubtaskHasSeen() {
        MasterHarness harness = crashed(2);
        harness.register(1, harness.stillRunning(1, RUNNING, 4));
        harness.register(2, harness.stillRunning(2, RUNNING, 3));
        harness.tell(new MasterEvent.Tick());
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint())
                .isEqualTo(5);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(lastCompletion(harness).getCheckpoint()).isEqualTo(5);
        harness.completeCheckpoint();
        assertThat(lastCompletion(harness).getCheckpoint()).isEqualTo(6);
    }

    /** What the dead master has left of a checkpoint may lie in the directory of that number. */
    @Test
    void numbersGoOnAboveAllThatAnySubtaskHasSeenAlsoIfNothingIsAdopted() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 4));
        harness.passAlive(Duration.ofSeconds(6));
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        harness.reportAll(RUNNING);
        harness.completeCheckpoint();
        assertThat(lastCompletion(harness).getCheckpoint()).isEqualTo(5);
    }

    @Test
    void lateAcknowledgementOfTheDeadMastersCheckpointIsRefused() {
        MasterHarness harness = crashed(1);
        register(harness, RUNNING, 2);
        harness.tell(new MasterEvent.Tick());
        harness.acknowledge(1, 1, 2);
        harness.acknowledge(2, 1, 2);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
        harness.acknowledge(1, 1, 3);
        harness.acknowledge(2, 1, 2);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
        harness.acknowledge(2, 1, 3);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(1);
    }

    @Test
    void completionOfAnEarlierIncarnationIsNotSentAgain() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.passAlive(Duration.ofSeconds(3));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        harness.reportAll(RUNNING);
        harness.crashMaster(false);
        join(harness);
        register(harness, RUNNING, 0);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getIncarnation()).isEqualTo(2);
        assertThat(harness.describe(JOB).getRestarts()).isEqualTo(1);
        assertThat(harness.sent(MasterMessage::hasComplete)).isEmpty();
        assertThat(harness.sent(MasterMessage::hasAbort)).isEmpty();
    }

    @Test
    void executorsThatRegisterBeforeTheirContainersAreReportedAreAdopted() {
        MasterHarness harness = MasterHarness.running();
        harness.crashMaster(false);
        register(harness, RUNNING, 0);
        assertThat(harness.phase()).as("its graph is not known yet").isEqualTo(JobPhase.ADOPTING);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        assertNothingRestarts(harness);
    }

    @Test
    void subtasksThatAreStillBeingStartedAreWaitedFor() {
        MasterHarness harness = crashed(0);
        register(harness, SubtaskState.SUBTASK_STATE_UNSPECIFIED, 0);
        assertThat(harness.phase()).isEqualTo(JobPhase.DEPLOYING);
        harness.reportAll(RUNNING);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertNothingRestarts(harness);
    }

    @Test
    void subtaskThatGetsFurtherBeforeTheLastExecutorRegistersIsKnownToHave() {
        MasterHarness harness = crashed(0);
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_STATE_UNSPECIFIED, 0));
        harness.stillRunning(1, RUNNING, 0)
                .getSubtasksList()
                .forEach(report -> harness.report(
                        1, 1, report.getVertex(), report.getSubtask(), RUNNING, Failure.getDefaultInstance()));
        harness.register(2, harness.stillRunning(2, RUNNING, 0));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void adoptionThatIsGivenUpStopsNothingBeforeThatIsDurable() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.passAlive(Duration.ofSeconds(4));
        harness.journalHeld = true;
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).hasSize(1);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(1);
    }

    @Test
    void incarnationOfWhichTheJournalSaysThatItHasFailedIsNotAdopted() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.crashMaster(false);
        join(harness);
        register(harness, RUNNING, 1);
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("It threw.");
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
    }

    @Test
    void missingExecutorMakesANewIncarnationOnceTheGraceIsOver() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.requestedContainers()).isEqualTo(1);
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
    }

    @Test
    void executorThatDiesAfterItHasRegisteredIsMissing() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.disconnect(1);
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(1);
    }

    @Test
    void subtaskThatHasFailedMeanwhileGoesThroughTheRestartPolicy() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        RunningIncarnation.Builder failed = harness.stillRunning(2, RUNNING, 1).toBuilder();
        failed.getSubtasksBuilder(0)
                .setState(SubtaskState.SUBTASK_FAILED)
                .setFailure(failure(FailureKind.USER_CODE, "It threw."));
        harness.register(2, failed.build());
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("It threw.");
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        harness.passAlive(Duration.ofSeconds(3));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void executorThatWasToldToEndIsNotAdopted() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.register(
                2,
                harness.stillRunning(2, RUNNING, 1).toBuilder().setEnding(true).build());
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void incarnationOlderThanTheJournalsNewestIsNeverAdopted() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.journalHeld = true;
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.passAlive(Duration.ofSeconds(3));
        harness.crashMaster(true);
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(2);
        join(harness);
        register(harness, RUNNING, 1);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
    }

    @Test
    void executorThatRegistersTwiceIsCountedOnce() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertNothingRestarts(harness);
    }

    @Test
    void aSubtaskWithAnImpossibleNumberIsNoneOfThoseThatGoOn() {
        MasterHarness harness = crashed(1);
        RunningIncarnation whole = harness.stillRunning(1, RUNNING, 1);
        harness.register(
                1,
                whole.toBuilder()
                        .addSubtasks(whole.getSubtasks(0).toBuilder().setSubtask(-1))
                        .build());
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.report(1, 1, 3, -1, RUNNING, Failure.getDefaultInstance());
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertNothingRestarts(harness);
    }

    @Test
    void drainedJobIsFinished() {
        MasterHarness harness = crashed(1);
        register(harness, DRAINED, 2);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
        harness.tell(new MasterEvent.Tick());
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getTerminal())
                .isTrue();
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.reportAll(FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    private static MasterHarness crashedAfterTheTerminalCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.crashMaster(false);
        join(harness);
        return harness;
    }

    @Test
    void terminalCompletionThatWasNotHeardIsSentAgainAndEndsTheJob() {
        MasterHarness harness = crashedAfterTheTerminalCheckpoint();
        harness.register(1, harness.stillRunning(1, FINISHED, 1));
        harness.register(2, harness.stillRunning(2, DRAINED, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
        assertThat(lastCompletion(harness).getTerminal()).isTrue();
        harness.passAlive(INTERVAL);
        assertThat(harness.sent(MasterMessage::hasTrigger)).isEmpty();
        assertNothingRestarts(harness);
        harness.reportAll(FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    @Test
    void jobWhoseSubtasksHaveAllEndedMeanwhileIsFinished() {
        MasterHarness harness = crashedAfterTheTerminalCheckpoint();
        register(harness, FINISHED, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    @Test
    void cancelDuringTheAdoptionStopsWhatIsLeft() {
        MasterHarness harness = crashed(1);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.cancel(JOB);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
    }

    @Test
    void adoptedJobFailsLikeAnyOther() {
        MasterHarness harness = crashed(1);
        register(harness, RUNNING, 1);
        harness.disconnect(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(1);
    }

    @Test
    void slotsOfAnAdoptedJobAreNotGivenToAnother() {
        MasterHarness harness = crashed(0);
        register(harness, RUNNING, 0);
        harness.submitted(new io.selvage.protocol.id.JobId("job-b"), 2);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        assertThat(harness.requestedContainers()).isEqualTo(1);
    }

    // ---- node managers that are late, and graphs that can't be read yet ----

    @Test
    void executorsThatTheResourceManagerDoesNotKnowYetAreWaitedFor() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.passAlive(Duration.ofSeconds(3));
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertNothingRestarts(harness);
    }

    @Test
    void executorsOfWhichTheResourceManagerKnowsNoneAreWaitedForAsLongAsTheGraceLasts() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
    }

    @Test
    void executorWhoseEndIsKnownIsNotWaitedForThoughItWasNotListed() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 137, "It was killed by signal 9."));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
    }

    private static void tellGraphUnreadable(MasterHarness harness, FailureKind kind) {
        harness.tell(new MasterEvent.GraphUnreadable(JOB, failure(kind, "The graph could not be read.")));
    }

    @Test
    void graphThatCanNotBeReadForNowIsReadAgainAndNothingEnds() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        register(harness, RUNNING, 1);
        for (int attempt = 1; attempt <= 20; attempt++) {
            harness.passAlive(Duration.ofSeconds(30));
            tellGraphUnreadable(harness, FailureKind.TRANSIENT);
            assertThat(harness.of(MasterAction.LoadGraph.class)).hasSize(1 + attempt);
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.ADOPTING);
        assertThat(harness.describe(JOB).getAlarm()).contains("The graph could not be read.");
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
        assertNothingRestarts(harness);
    }

    @Test
    void graphThatIsMissingOrDamagedEndsTheJob() {
        MasterHarness harness = MasterHarness.running();
        harness.crashMaster(false);
        tellGraphUnreadable(harness, FailureKind.FATAL);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("The graph could not be read.");
    }
}
