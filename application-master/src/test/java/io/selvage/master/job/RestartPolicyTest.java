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
import io.selvage.master.resource.FleetLimits;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a job when its restart policy allows no more, and what of the count over masters. */
class RestartPolicyTest {
    /** As {@link MasterHarness#running}, with settings. */
    private static MasterHarness running(Map<String, String> settings) {
        MasterHarness harness = new MasterHarness();
        harness.settings.putAll(settings);
        harness.submitted(JOB, 3);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        return harness;
    }

    private static void failUnderUserCode(MasterHarness harness) {
        harness.report(
                1,
                harness.describe(JOB).getIncarnation(),
                2,
                0,
                SubtaskState.SUBTASK_FAILED,
                failure(FailureKind.USER_CODE, "It threw."));
    }

    private static void failAndComeBack(MasterHarness harness) {
        failUnderUserCode(harness);
        harness.passAlive(Duration.ofSeconds(3));
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.completeCheckpoint();
    }

    private static void nextMaster(MasterHarness harness) {
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        for (int number = 1; number <= 2; number++) {
            harness.register(number, harness.stillRunning(number, SubtaskState.SUBTASK_RUNNING, 9));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.passAlive(INTERVAL);
    }

    private static String journaledEnd(MasterHarness harness) {
        List<JournalRecord> ends = harness.journaled(JournalRecord::hasJobEnded);
        assertThat(ends).hasSize(1);
        return ends.get(0).getJobEnded().getFailure().getMessage();
    }

    // ---- the count over masters ----

    @Test
    void fixedPolicyCountsInAllOverCheckpointsAndMasters() {
        MasterHarness harness = running(Map.of(
                "selvage.restart.policy", "fixed", "selvage.restart.attempts", "2", "selvage.restart.delay", "1s"));
        failAndComeBack(harness);
        nextMaster(harness);
        failAndComeBack(harness);
        nextMaster(harness);
        failUnderUserCode(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness)).contains("It threw.").contains("restarted 2 times");
    }

    @Test
    void failureRateRemembersItsWindowOverCheckpointsAndMasters() {
        MasterHarness harness = running(Map.of(
                "selvage.restart.policy", "failure-rate",
                "selvage.restart.rate.failures", "2",
                "selvage.restart.rate.window", "5min"));
        failAndComeBack(harness);
        nextMaster(harness);
        failAndComeBack(harness);
        nextMaster(harness);
        failUnderUserCode(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness)).contains("There were 3 failures");
    }

    @Test
    void failureRateForgetsWhatIsOlderThanItsWindowOverMastersToo() {
        MasterHarness harness = running(Map.of(
                "selvage.restart.policy", "failure-rate",
                "selvage.restart.rate.failures", "2",
                "selvage.restart.rate.window", "1min"));
        failAndComeBack(harness);
        failAndComeBack(harness);
        nextMaster(harness);
        harness.passAlive(Duration.ofMinutes(1));
        failAndComeBack(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void countOutlivesACompactionOfTheJournal() {
        MasterHarness harness = running(Map.of(
                "selvage.restart.policy", "fixed", "selvage.restart.attempts", "1", "selvage.restart.delay", "1s"));
        failAndComeBack(harness);
        JournaledState whole = JournaledState.replay(harness.journal);
        harness.journal.clear();
        harness.journal.add(
                JournalRecord.newBuilder().setSnapshot(whole.toSnapshot()).build());
        nextMaster(harness);
        failUnderUserCode(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
    }

    @Test
    void exponentialPolicyStillCountsAnewAfterACheckpointUnderAnEarlierMaster() {
        MasterHarness harness = running(Map.of("selvage.restart.attempts", "1"));
        failAndComeBack(harness);
        nextMaster(harness);
        failAndComeBack(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void checkpointOfAnIncarnationThatHasFailedAlreadyIsNoProgressSinceItsFailure() {
        MasterHarness harness = running(Map.of("selvage.restart.attempts", "1"));
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        failUnderUserCode(harness);
        harness.confirmHeld();
        harness.passAlive(Duration.ofSeconds(3));
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        failUnderUserCode(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
    }

    // ---- YARN's reason ----

    private static void explain(MasterHarness harness) {
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), -104, "Container 2 was killed for its memory."));
    }

    @Test
    void jobThatIsNotRestartedEndsWithWhatYarnSaysOfTheLostExecutor() {
        MasterHarness harness = running(Map.of("selvage.restart.policy", "none"));
        harness.disconnect(2);
        assertThat(harness.journaled(JournalRecord::hasJobEnded)).isEmpty();
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        int requested = harness.requestedContainers();
        harness.passAlive(Duration.ofSeconds(1));
        explain(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness))
                .isEqualTo("Container 2 was killed for its memory. selvage.restart.policy is none.");
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo(journaledEnd(harness));
        assertThat(harness.requestedContainers()).isEqualTo(requested);
        assertThat(harness.sent(MasterMessage::hasStop))
                .extracting(MasterAction.Send::executor)
                .containsExactly(executor(1));
    }

    @Test
    void jobThatIsNotRestartedEndsThoughYarnSaysNothing() {
        MasterHarness harness = running(Map.of("selvage.restart.policy", "none"));
        harness.disconnect(2);
        harness.passAlive(FleetLimits.EXIT_STATUS.plusSeconds(1));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness)).contains("has broken").contains("is none");
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
    }

    @Test
    void exhaustedJobEndsWithWhatYarnSaysOfAnExecutorThatAPeerHasMissedFirst() {
        MasterHarness harness = running(Map.of(
                "selvage.restart.policy", "fixed", "selvage.restart.attempts", "1", "selvage.restart.delay", "1s"));
        failAndComeBack(harness);
        harness.report(
                1,
                2,
                2,
                0,
                SubtaskState.SUBTASK_FAILED,
                Failure.newBuilder()
                        .setKind(FailureKind.EXECUTOR_LOST)
                        .setExecutorId(executor(2).value())
                        .setMessage("The connection to container_2 was reset.")
                        .build());
        harness.disconnect(2);
        explain(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness)).contains("killed for its memory").contains("restarted 1 times");
    }

    @Test
    void jobIsCancelledWhileYarnsReasonIsAwaited() {
        MasterHarness harness = running(Map.of("selvage.restart.policy", "none"));
        harness.disconnect(2);
        harness.cancel(JOB);
        harness.stopped(1, 1);
        explain(harness);
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    @Test
    void lossThatIsKnownFromYarnEndsTheJobAtOnce() {
        MasterHarness harness = running(Map.of("selvage.restart.policy", "none"));
        explain(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(journaledEnd(harness)).contains("killed for its memory");
    }
}
