package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.ExitCode;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.DrillRequest;
import io.selvage.protocol.wire.DrillResponse;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A master that has been replaced harms nothing of the newer one. */
class FencingTest {
    private static void fence(MasterHarness harness) {
        harness.tell(new MasterEvent.JournalFenced("Epoch 2 has written slot 9."));
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.FENCED);
    }

    @Test
    void givesNoContainerBackBeforeItsLeadershipIsConfirmed() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.allocate(3);
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).hasSize(1);
    }

    @Test
    void givesNoContainerBackOnceItIsFenced() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.connections.remove(executor(2));
        harness.passAlive(Duration.ofSeconds(6));
        harness.allocate(3);
        fence(harness);
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).isEmpty();
    }

    @Test
    void tellsNoExecutorToEndBeforeItsLeadershipIsConfirmed() {
        MasterHarness harness = MasterHarness.running();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.journalHeld = true;
        harness.passAlive(Duration.ofSeconds(31));
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(2);
    }

    @Test
    void endsNoSessionBeforeItsLeadershipIsConfirmed() {
        MasterHarness harness = new MasterHarness();
        harness.stopSession();
        assertThat(harness.of(MasterAction.Unregister.class)).hasSize(1);
        MasterHarness held = new MasterHarness();
        held.journalHeld = true;
        held.stopSession();
        assertThat(held.of(MasterAction.Unregister.class)).isEmpty();
    }

    @Test
    void afterAStallNothingIsHandledBeforeItsLeadershipIsConfirmed() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.nowNanos += Duration.ofMinutes(1).toNanos();
        harness.actions.clear();
        harness.disconnect(2);
        harness.tell(new MasterEvent.Tick());
        harness.cancel(JOB);
        assertThat(harness.of(MasterAction.ConfirmLeadership.class)).hasSize(1);
        assertThat(harness.actions)
                .allMatch(action ->
                        action instanceof MasterAction.ConfirmLeadership || action instanceof MasterAction.Note);
        fence(harness);
    }

    @Test
    void whatHappenedDuringAStallIsHandledInOrderOnceItsLeadershipIsConfirmed() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        harness.nowNanos += Duration.ofMinutes(1).toNanos();
        harness.disconnect(2);
        RequestId cancel = harness.cancel(JOB);
        harness.confirmHeld();
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("has broken");
        assertThat(harness.reply(cancel)).isNotNull();
        harness.stopped(1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    /** As when HDFS goes away in the same moment. */
    private static void stallWithoutJournal(MasterHarness harness) {
        harness.journalHeld = true;
        harness.pass(Duration.ofSeconds(4));
        assertThat(harness.of(MasterAction.ConfirmLeadership.class)).hasSize(1);
    }

    @Test
    void heartbeatsAreAnsweredForAsLongAsTheJournalDoesNotSayThatThereIsNoNewerMaster() {
        MasterHarness harness = MasterHarness.running();
        stallWithoutJournal(harness);
        harness.actions.clear();
        harness.passAlive(Duration.ofMinutes(9));
        assertThat(harness.sent(MasterMessage::hasHeartbeat)).hasSize(2 * 9 * 60);
        assertThat(harness.actions).allMatch(MasterAction.Send.class::isInstance);
        harness.confirmHeld();
        harness.passAlive(Duration.ofSeconds(10));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getRecoveriesList()).isEmpty();
    }

    @Test
    void questionsAreAnsweredDuringAStall() {
        MasterHarness harness = MasterHarness.running();
        stallWithoutJournal(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        RequestId session = new RequestId(1_000);
        harness.tell(new MasterEvent.SessionQueried(session, 0, 0));
        assertThat(((SessionDescription) harness.reply(session)).getExecutorsList())
                .hasSize(2);
    }

    @Test
    void whyTheJournalDoesNotAnswerAfterAStallIsSaidMeanwhile() {
        MasterHarness harness = MasterHarness.running();
        stallWithoutJournal(harness);
        harness.journalWaits("The journal could not be looked at: no answer.");
        harness.passAlive(Duration.ofSeconds(31));
        assertThat(harness.describe(JOB).getAlarm()).contains("could not be looked at: no answer.");
        harness.confirmHeld();
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.describe(JOB).getAlarm()).doesNotContain("looked at");
    }

    @Test
    void masterThatYarnTellsToEndAfterAStallEndsAsFencedIfItWas() {
        MasterHarness harness = MasterHarness.running();
        stallWithoutJournal(harness);
        harness.tell(new MasterEvent.ResourceManagerLost("There is a newer attempt."));
        assertThat(harness.of(MasterAction.ExitProcess.class)).isEmpty();
        harness.tell(new MasterEvent.JournalFenced("Epoch 2 has written slot 9."));
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.FENCED);
    }

    @Test
    void masterThatYarnTellsToEndAfterAStallEndsOnceTheJournalKnowsOfNoNewerOne() {
        MasterHarness harness = MasterHarness.running();
        stallWithoutJournal(harness);
        harness.tell(new MasterEvent.ResourceManagerLost("The application was killed."));
        harness.confirmHeld();
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.RESOURCE_MANAGER_LOST);
    }

    @Test
    void executorsThatRegisterDuringAStallAreNotTooLate() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        stallWithoutJournal(harness);
        harness.passAlive(Duration.ofSeconds(30));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        harness.confirmHeld();
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getIncarnation()).isEqualTo(1);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
    }

    @Test
    void timeDuringWhichNothingWasHeardIsNotTheExecutors() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        stallWithoutJournal(harness);
        harness.passAlive(Duration.ofSeconds(30));
        harness.confirmHeld();
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).isEmpty();
    }

    @Test
    void shortPausesAreNoStall() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(Duration.ofSeconds(30));
        assertThat(harness.of(MasterAction.ConfirmLeadership.class)).isEmpty();
    }

    // ---- drills ----

    private static DrillResponse drill(MasterHarness harness, String executor) {
        RequestId request = new RequestId(1_000);
        harness.tell(new MasterEvent.DrillRequested(
                request,
                DrillRequest.newBuilder()
                        .setKind(DrillKind.DRILL_KILL)
                        .setExecutorId(executor)
                        .build()));
        return (DrillResponse) harness.reply(request);
    }

    @Test
    void drillOfTheMasterIsAnsweredBeforeItIsDone() {
        MasterHarness harness = MasterHarness.running();
        assertThat(drill(harness, "").getRefusal()).isEmpty();
        assertThat(harness.actions.get(harness.actions.size() - 1))
                .isEqualTo(new MasterAction.FailProcess(DrillKind.DRILL_KILL));
    }

    @Test
    void drillOfAnExecutorIsSentToIt() {
        MasterHarness harness = MasterHarness.running();
        assertThat(drill(harness, executor(2).value()).getRefusal()).isEmpty();
        assertThat(harness.sent(MasterMessage::hasDrill))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(2)));
        assertThat(harness.of(MasterAction.FailProcess.class)).isEmpty();
    }

    @Test
    void drillOfAnUnknownExecutorIsRefused() {
        MasterHarness harness = MasterHarness.running();
        assertThat(drill(harness, "container_9").getRefusal()).contains("selvage status");
        assertThat(harness.sent(MasterMessage::hasDrill)).isEmpty();
    }
}
