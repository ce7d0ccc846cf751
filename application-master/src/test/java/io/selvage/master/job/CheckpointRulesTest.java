package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.checkpoint.CheckpointHistory;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.PartState;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPart;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** By which rules checkpoints are taken, kept and explained. */
class CheckpointRulesTest {
    private static final JobId OTHER_JOB = new JobId("job-b");

    private long lastRequest = 1000;

    /** Parallelism 1, on one executor. */
    private static MasterHarness small(String... settings) {
        MasterHarness harness = new MasterHarness();
        for (int i = 0; i < settings.length; i += 2) {
            harness.settings.put("selvage." + settings[i], settings[i + 1]);
        }
        harness.submitted(JOB, 1);
        run(harness);
        return harness;
    }

    private static void run(MasterHarness harness) {
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
    }

    private static TriggerCheckpoint lastTrigger(MasterHarness harness) {
        return harness.lastMessage(MasterMessage::hasTrigger).getTrigger();
    }

    private static int triggers(MasterHarness harness) {
        return harness.sent(MasterMessage::hasTrigger).size();
    }

    private static List<CheckpointDescription> history(MasterHarness harness) {
        return harness.describe(JOB).getCheckpointsList();
    }

    private static CheckpointDescription newest(MasterHarness harness) {
        List<CheckpointDescription> all = history(harness);
        return all.get(all.size() - 1);
    }

    private RequestCheckpointResponse want(MasterHarness harness) {
        return want(harness, JOB.value());
    }

    private RequestCheckpointResponse want(MasterHarness harness, String job) {
        RequestId request = new RequestId(++lastRequest);
        harness.tell(new MasterEvent.CheckpointRequested(request, job));
        return (RequestCheckpointResponse) harness.reply(request);
    }

    // ---- when they are taken ----

    @Test
    void oneIsTakenAtATime() {
        MasterHarness harness = small();
        harness.passAlive(INTERVAL);
        assertThat(triggers(harness)).isEqualTo(1);
        harness.passAlive(INTERVAL.multipliedBy(4));
        assertThat(triggers(harness)).as("the first is not stored yet").isEqualTo(1);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(triggers(harness)).isEqualTo(2);
    }

    @Test
    void theNextOneIsTakenNoSoonerThanThePauseAfterTheEndOfTheLast() {
        MasterHarness harness = small("checkpoint.min-pause", "5s");
        harness.completeCheckpoint();
        harness.passAlive(Duration.ofMillis(4_500));
        assertThat(triggers(harness)).isEqualTo(1);
        harness.passAlive(Duration.ofMillis(600));
        assertThat(triggers(harness)).isEqualTo(2);
        harness.decline(1, 1, 2);
        harness.passAlive(Duration.ofMillis(4_500));
        assertThat(triggers(harness)).as("a failure's end counts as well").isEqualTo(2);
        harness.passAlive(Duration.ofMillis(600));
        assertThat(triggers(harness)).isEqualTo(3);
    }

    @Test
    void aCheckpointThatIsWantedWaitsForNoIntervalAndNoPause() {
        MasterHarness harness = small("checkpoint.min-pause", "1h");
        harness.completeCheckpoint();
        RequestCheckpointResponse answer = want(harness);
        assertThat(answer.getRefusal()).isEmpty();
        assertThat(answer.getAfter()).isEqualTo(1);
        assertThat(lastTrigger(harness).getCheckpoint()).isEqualTo(2);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(newest(harness).getCheckpoint()).isEqualTo(2);
        assertThat(newest(harness).getState()).isEqualTo(CheckpointState.CHECKPOINT_COMPLETED);
        harness.passAlive(Duration.ofMinutes(1));
        assertThat(triggers(harness)).as("only the one that was wanted").isEqualTo(2);
    }

    @Test
    void aCheckpointThatIsWantedFollowsTheOneThatIsUnderWay() {
        MasterHarness harness = small("checkpoint.min-pause", "1h");
        harness.passAlive(INTERVAL);
        assertThat(want(harness).getAfter()).isEqualTo(1);
        assertThat(want(harness).getAfter()).isEqualTo(1);
        assertThat(triggers(harness)).isEqualTo(1);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(lastTrigger(harness).getCheckpoint()).isEqualTo(2);
    }

    /** What it is given up for may last, and executors answer at once. */
    @Test
    void theLastOneOfAJobIsTakenAtOnceAndOnceItWasGivenUpAfterAWaitThatGrowsUpToTheInterval() {
        MasterHarness harness = small("checkpoint.interval", "5s", "checkpoint.min-pause", "1h");
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        assertThat(lastTrigger(harness).getTerminal()).isTrue();
        int taken = 1;
        for (int waitSeconds : new int[] {1, 2, 4, 5, 5}) {
            assertThat(triggers(harness)).isEqualTo(taken);
            harness.decline(1, 1, taken);
            long dueNanos = harness.nowNanos + waitSeconds * 1_000_000_000L;
            harness.passAlive(Duration.ofMillis(waitSeconds * 1000 - 1));
            assertThat(triggers(harness)).as("within %s s", waitSeconds).isEqualTo(taken);
            assertThat(harness.master.nextDeadlineNanos()).isLessThanOrEqualTo(dueNanos);
            harness.passAlive(Duration.ofMillis(1));
            taken++;
        }
        assertThat(triggers(harness)).isEqualTo(taken);
        assertThat(lastTrigger(harness).getTerminal()).isTrue();
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    @Test
    void theLastOneOfANewIncarnationIsTakenAtOnce() {
        MasterHarness harness = small("checkpoint.interval", "5s");
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.decline(1, 1, 1);
        harness.report(
                1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, MasterHarness.failure(FailureKind.TRANSIENT, "Thrown."));
        harness.passAlive(Duration.ofSeconds(1));
        harness.stopped(1, 1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(triggers(harness)).isEqualTo(1);
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        assertThat(triggers(harness)).isEqualTo(2);
    }

    @Test
    void aCheckpointIsRefusedOfAJobThatDoesNotRun() {
        MasterHarness harness = new MasterHarness();
        assertThat(want(harness, "job-b").getRefusal()).contains("no job \"job-b\"");
        harness.submitted(JOB, 1);
        assertThat(want(harness).getRefusal()).contains("WAITING_FOR_RESOURCES");
        run(harness);
        assertThat(want(harness).getRefusal()).isEmpty();
        harness.cancel(JOB);
        assertThat(want(harness).getRefusal()).contains("being canceled");
    }

    // ---- how often they may fail ----

    @Test
    void moreFailuresInARowThanAreToleratedFailTheJobWithTheReason() {
        MasterHarness harness = small("checkpoint.tolerated-failures", "1");
        harness.passAlive(INTERVAL);
        harness.decline(1, 1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.passAlive(INTERVAL);
        harness.decline(1, 1, 2);
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        assertThat(harness.describe(JOB).getFailure().getKind()).isEqualTo(FailureKind.TRANSIENT);
        assertThat(harness.describe(JOB).getFailure().getMessage())
                .contains("2 checkpoints in a row", "selvage.checkpoint.tolerated-failures is 1", "HDFS is full.");
        harness.passAlive(Duration.ofSeconds(1));
        harness.stopped(1, 1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        harness.passAlive(INTERVAL);
        harness.decline(1, 2, lastTrigger(harness).getCheckpoint());
        assertThat(harness.phase()).as("a new incarnation is counted anew").isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void noneIsToleratedIfTheSettingIsZeroAndTheRestartPolicyHasTheLastWord() {
        MasterHarness harness = small("checkpoint.tolerated-failures", "0", "restart.policy", "none");
        harness.passAlive(INTERVAL.plusSeconds(11)); // Its time is up.
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage())
                .contains("1 checkpoint has failed", "not stored in time", "selvage.restart.policy is none");
    }

    @Test
    void aCompletedCheckpointEndsTheRow() {
        MasterHarness harness = small("checkpoint.tolerated-failures", "1");
        for (int round = 0; round < 5; round++) {
            harness.passAlive(INTERVAL);
            harness.decline(1, 1, lastTrigger(harness).getCheckpoint());
            harness.completeCheckpoint();
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getCheckpointsFailed()).isEqualTo(5);
    }

    @Test
    void anyNumberIsToleratedByDefault() {
        MasterHarness harness = small();
        for (int round = 0; round < 50; round++) {
            harness.passAlive(INTERVAL);
            harness.decline(1, 1, lastTrigger(harness).getCheckpoint());
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getAlarm()).contains("No checkpoint", "HDFS is full.");
    }

    // ---- what keeps them from being completed ----

    private static String alarm(MasterHarness harness) {
        return harness.describe(JOB).getAlarm();
    }

    @Test
    void theAlarmSaysWhyTheJournalDoesNotTakeTheRecordUntilItDoes() {
        MasterHarness harness = small();
        harness.completeCheckpoint();
        harness.journalHeld = true;
        harness.completeCheckpoint();
        harness.passAlive(Duration.ofSeconds(15));
        assertThat(alarm(harness)).contains("a record waits for the journal. It has not answered yet");
        harness.journalWaits("Record 7 could not be written: HDFS is in safe mode.");
        harness.journalWaits("Record 7 could not be written: HDFS is full.");
        AppendId waiting = harness.journalWaits("Record 7 could not be written: HDFS is full.");
        assertThat(alarm(harness))
                .startsWith("No checkpoint has been completed for 16 s: a record waits for the journal. "
                        + "Record 7 could not be written: HDFS is full. The job goes on")
                .doesNotContain("not stored");
        harness.confirmHeld();
        assertThat(alarm(harness)).isEmpty();
        harness.tell(new MasterEvent.JournalWaits(waiting, "Record 7 could not be written: HDFS is full."));
        harness.passAlive(Duration.ofSeconds(40));
        assertThat(alarm(harness)).as("it is written").contains("No checkpoint").doesNotContain("Record 7");
    }

    @Test
    void aRestartThatWaitsForTheJournalIsAnAlarmAfterAWhile() {
        MasterHarness harness = small();
        harness.completeCheckpoint();
        harness.journalHeld = true;
        harness.report(
                1,
                1,
                2,
                0,
                SubtaskState.SUBTASK_FAILED,
                MasterHarness.failure(FailureKind.TRANSIENT, "A sink could not write."));
        harness.journalWaits("Record 7 could not be written: HDFS is full.");
        harness.passAlive(Duration.ofSeconds(29));
        harness.journalWaits("Record 7 could not be written: HDFS is full.");
        assertThat(alarm(harness)).isEmpty();
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(alarm(harness))
                .startsWith("Nothing could be written to the journal for 30 s, ")
                .endsWith(" Record 7 could not be written: HDFS is full.");
        harness.confirmHeld();
        assertThat(alarm(harness)).isEmpty();
    }

    // ---- what can't be restored from ----

    private static SubtaskSnapshot part(int vertex, int subtask) {
        return SubtaskSnapshot.newBuilder()
                .setVertex(vertex)
                .setSubtask(subtask)
                .build();
    }

    /** Executor 1 runs the subtasks 0 and 2, executor 2 the subtasks 1. */
    private static MasterHarness withTheFirstCheckpointComplete() {
        MasterHarness harness = MasterHarness.running();
        assertThat(harness.lastDeploy().getSubtasksList().stream()
                        .filter(each -> each.getExecutorId().equals("container_2"))
                        .map(each -> each.getVertex() + "." + each.getSubtask()))
                .containsExactlyInAnyOrder("2.1", "3.1");
        harness.completeCheckpoint();
        harness.passAlive(INTERVAL);
        return harness;
    }

    private static void assertThatTheSecondIsRefused(MasterHarness harness, String... why) {
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(1);
        assertThat(harness.journaled(JournalRecord::hasCheckpointCompleted)).hasSize(1);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(2);
        assertThat(newest(harness).getState()).isEqualTo(CheckpointState.CHECKPOINT_FAILED);
        assertThat(newest(harness).getReason()).contains(why);
        assertThat(harness.of(MasterAction.SweepCheckpoints.class))
                .as("nothing gives way to it")
                .hasSize(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(alarm(harness))
                .as("at once")
                .startsWith("Checkpoint 2 was not completed: ")
                .contains(why)
                .contains("The job goes on", "since checkpoint 1");
        harness.completeCheckpoint();
        assertThat(harness.describe(JOB).getLastCheckpoint()).isEqualTo(3);
        assertThat(alarm(harness)).isEmpty();
    }

    @Test
    void aCheckpointThatLacksASubtaskIsNotCompletedAndTheAlarmSaysWhich() {
        MasterHarness harness = withTheFirstCheckpointComplete();
        harness.acknowledge(1, 1, 2);
        harness.acknowledge(JOB, 2, 1, 2, List.of(part(2, 1)));
        assertThatTheSecondIsRefused(
                harness, "It lacks subtask 1 of \"vertex 3\" (operators o3), which container_2 runs.");
    }

    @Test
    void aCheckpointWithAPartOfASubtaskThatRunsElsewhereIsNotCompleted() {
        MasterHarness harness = withTheFirstCheckpointComplete();
        harness.acknowledge(1, 1, 2);
        harness.acknowledge(2, 1, 2, List.of(part(3, 2)));
        assertThatTheSecondIsRefused(
                harness, "container_2 has stored subtask 2 of \"vertex 3\" (operators o3), which it does not run.");
    }

    @Test
    void aCheckpointWithAPartThatIsOfNoSubtaskOrCameTwiceIsNotCompleted() {
        MasterHarness harness = withTheFirstCheckpointComplete();
        harness.acknowledge(1, 1, 2, List.of(part(9, 0)));
        harness.acknowledge(2, 1, 2, List.of(part(3, 1), part(3, 1)));
        assertThatTheSecondIsRefused(
                harness,
                "container_1 has stored subtask 0 of vertex v9, which it does not run.",
                "container_2 has stored subtask 1 of \"vertex 3\" (operators o3) twice.");
    }

    @Test
    void aCheckpointWithPartsThatHaveImpossibleNumbersIsNotCompleted() {
        MasterHarness harness = withTheFirstCheckpointComplete();
        harness.acknowledge(1, 1, 2, List.of(part(3, -1), part(-3, 0)));
        harness.acknowledge(2, 1, 2, List.of(part(3, Integer.MAX_VALUE)));
        assertThatTheSecondIsRefused(
                harness,
                "container_1 has stored subtask -1 of \"vertex 3\" (operators o3), which it does not run.",
                "container_1 has stored subtask 0 of vertex v-3, which it does not run.",
                "container_2 has stored subtask 2147483647 of \"vertex 3\" (operators o3), which it does not run.");
    }

    @Test
    void aReportOfASubtaskWithImpossibleNumbersIsOfNoEffect() {
        MasterHarness harness = MasterHarness.running();
        for (SubtaskState state : List.of(SubtaskState.SUBTASK_DRAINED, SubtaskState.SUBTASK_FAILED)) {
            harness.report(1, 1, 3, -1, state, MasterHarness.failure(FailureKind.USER_CODE, "Thrown."));
            harness.report(1, 1, -3, 0, state, MasterHarness.failure(FailureKind.USER_CODE, "Thrown."));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.completeCheckpoint();
    }

    @Test
    void aCheckpointWhoseMetadataAreRefusedIsGivenUpAndTheAlarmSaysWhy() {
        MasterHarness harness = small();
        harness.completeCheckpoint();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        MasterAction.WriteMetadata second = harness.last(MasterAction.WriteMetadata.class);
        String gap = "The metadata lack what the subtasks {1} of 2 of operator o3 had.";
        harness.tell(new MasterEvent.MetadataRefused(second.key(), gap));
        assertThat(newest(harness).getReason()).contains(gap);
        assertThat(alarm(harness))
                .startsWith("Checkpoint 2 was not completed: ")
                .contains(gap);
        harness.metadataWritten(second.key());
        assertThat(harness.describe(JOB).getLastCheckpoint())
                .as("it is settled")
                .isEqualTo(1);
        harness.passAlive(INTERVAL);
        harness.decline(1, 1, 3);
        assertThat(alarm(harness))
                .as("the newest has failed for another reason")
                .isEmpty();
    }

    // ---- what outlives the job ----

    @Test
    void whatIsDeletedByDefaultWithACanceledJobIsEverything() {
        MasterHarness harness = small();
        harness.completeCheckpoint();
        assertThat(harness.last(MasterAction.WriteMetadata.class).marks()).isFalse();
        cancel(harness);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).hasSize(1);
        assertThat(harness.of(MasterAction.RetainCheckpoint.class)).isEmpty();
        assertThat(harness.describe(JOB).getRetainedCheckpoint()).isEmpty();
    }

    @Test
    void checkpointsOfACanceledJobAreKeptWithWhatTheyBuildOn() {
        MasterHarness harness = small("checkpoint.on-cancel", "retain", "checkpoint.retained", "2");
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        harness.passAlive(INTERVAL);
        acknowledge(harness, segment(1), segment(3));
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.of(MasterAction.WriteMetadata.class))
                .as("the mark comes before the first is complete, and once")
                .extracting(MasterAction.WriteMetadata::marks)
                .containsExactly(true, false, false);
        cancel(harness);
        assertThat(harness.last(MasterAction.RetainCheckpoint.class).kept())
                .containsExactly(new CheckpointId(1), new CheckpointId(2), new CheckpointId(3));
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).isEmpty();
        assertThat(harness.describe(JOB).getRetainedCheckpoint()).isEqualTo("hdfs://nn");

        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.RetainCheckpoint.class))
                .as("what a crash has left half done is done")
                .hasSize(1);
        assertThat(harness.describe(JOB).getRetainedCheckpoint()).isEqualTo("hdfs://nn");
    }

    @Test
    void theNewestCheckpointOfAJobThatHasFailedForGoodIsKept() {
        MasterHarness harness = small("restart.policy", "none");
        harness.completeCheckpoint();
        harness.report(
                1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, MasterHarness.failure(FailureKind.USER_CODE, "Thrown."));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.last(MasterAction.RetainCheckpoint.class).kept()).containsExactly(new CheckpointId(1));
        assertThat(harness.describe(JOB).getRetainedCheckpoint()).isNotEmpty();

        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.RetainCheckpoint.class))
                .as("its mark may not have been made")
                .hasSize(1);
    }

    /** It may be the newest that the job has failed of. */
    @Test
    void olderCheckpointsOfAJobThatHasFailedForGoodAreKeptIfSoManyAreRetained() {
        MasterHarness harness = small("restart.policy", "none", "checkpoint.retained", "2");
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        harness.report(
                1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, MasterHarness.failure(FailureKind.FATAL, "A bit is wrong."));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.last(MasterAction.RetainCheckpoint.class).kept())
                .containsExactly(new CheckpointId(2), new CheckpointId(3));
    }

    @Test
    void withoutACheckpointThereIsNothingToKeep() {
        MasterHarness harness = small("checkpoint.on-cancel", "retain");
        cancel(harness);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).hasSize(1);
        assertThat(harness.of(MasterAction.RetainCheckpoint.class)).isEmpty();
    }

    @Test
    void aJobThatHasFinishedLeavesNothing() {
        MasterHarness harness = small("checkpoint.on-cancel", "retain");
        harness.completeCheckpoint();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).hasSize(1);
        assertThat(harness.of(MasterAction.RetainCheckpoint.class)).isEmpty();
    }

    @Test
    void theMarkIsMadeAnewByEachMasterBeforeItsFirstCheckpoint() {
        MasterHarness harness = small("checkpoint.on-cancel", "retain");
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        MasterAction.WriteMetadata first = harness.last(MasterAction.WriteMetadata.class);
        harness.tell(new MasterEvent.MetadataWriteFailed(first.key(), "HDFS is full."));
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        assertThat(harness.last(MasterAction.WriteMetadata.class).marks())
                .as("nobody knows whether the first has left it")
                .isTrue();
    }

    private static void cancel(MasterHarness harness) {
        harness.cancel(JOB);
        harness.stopped(1, harness.lastDeploy().getIncarnation());
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    // ---- what was claimed ----

    private static MasterHarness startedFrom(String claimedDirectory) {
        MasterHarness harness = new MasterHarness();
        submit(harness, JOB, from(claimedDirectory));
        harness.tell(new MasterEvent.GraphLoaded(JOB, MasterHarness.graph(1)));
        run(harness);
        return harness;
    }

    private static RestoredFrom from(String claimedDirectory) {
        return RestoredFrom.newBuilder()
                .setMetadataPath("hdfs://nn/old/_metadata")
                .setCheckpoint(7)
                .setClaimedDirectory(claimedDirectory)
                .build();
    }

    private static void submit(MasterHarness harness, JobId job, RestoredFrom from) {
        harness.tell(new MasterEvent.SubmissionRequested(
                new RequestId(500),
                SubmitJobRequest.newBuilder()
                        .setJobId(job.value())
                        .setGraphPath("hdfs://nn/root/app/" + job + "/graph.pb")
                        .putAllSettings(harness.settings)
                        .setRestoredFrom(from)
                        .build()));
    }

    @Test
    void whatIsClaimedIsDeletedOnceTheJobHasACheckpointOfItsOwn() {
        MasterHarness harness = startedFrom("hdfs://nn/old");
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("its record is on its way")
                .isEmpty();
        harness.confirmHeld();
        assertThat(harness.last(MasterAction.DeleteClaimed.class).claimed()).isEqualTo(from("hdfs://nn/old"));
        harness.completeCheckpoint();
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).hasSize(1);
        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("the master may have died before it was done")
                .hasSize(1);
    }

    @Test
    void whatIsClaimedStaysIfTheJobEndsBefore() {
        MasterHarness harness = startedFrom("hdfs://nn/old");
        cancel(harness);
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).isEmpty();
    }

    /** The other has nothing else to be restored from; its user may have named the file system in another way. */
    @ParameterizedTest
    @ValueSource(strings = {"hdfs://nn/old/_metadata", "hdfs://nn:8020/old/_metadata", "/old/_metadata"})
    void whatIsClaimedStaysAsLongAsAnotherJobThatHasStartedFromItHasNoCheckpointOfItsOwn(String metadataPath) {
        MasterHarness harness = startedFrom("hdfs://nn/old");
        submit(
                harness,
                OTHER_JOB,
                from("").toBuilder().setMetadataPath(metadataPath).build());
        harness.completeCheckpoint();
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("the other is being submitted")
                .isEmpty();
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        harness.completeCheckpoint();
        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("by the word of the journal")
                .isEmpty();
        harness.journal.add(checkpointOfTheOther());
        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).hasSize(1);
    }

    private static JournalRecord checkpointOfTheOther() {
        return JournalRecord.newBuilder()
                .setCheckpointCompleted(CheckpointCompleted.newBuilder()
                        .setJobId(OTHER_JOB.value())
                        .setCheckpoint(8)
                        .setIncarnation(1)
                        .setMetadataPath("hdfs://nn/root/app/job-b/checkpoints/chk-8/_metadata"))
                .build();
    }

    @Test
    void whatIsClaimedStaysUntilAnotherJobThatHasStartedFromItHasEnded() {
        MasterHarness harness = startedFrom("hdfs://nn/old");
        submit(harness, OTHER_JOB, from("hdfs://nn/old"));
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        harness.completeCheckpoint();
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).isEmpty();
        cancel(harness);
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("the other runs still, though its claimant has ended")
                .isEmpty();
        harness.journalHeld = true;
        harness.cancel(OTHER_JOB);
        assertThat(harness.of(MasterAction.DeleteClaimed.class))
                .as("its end is on its way")
                .isEmpty();
        harness.confirmHeld();
        harness.stopped(OTHER_JOB, 1, 1);
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).hasSize(1);
    }

    @Test
    void aJobThatWasStartedFromElsewhereHoldsNoClaim() {
        MasterHarness harness = startedFrom("hdfs://nn/old");
        submit(
                harness,
                OTHER_JOB,
                from("").toBuilder()
                        .setMetadataPath("hdfs://nn/older/_metadata")
                        .build());
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        harness.completeCheckpoint();
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).hasSize(1);
    }

    @Test
    void whatIsNotClaimedStays() {
        MasterHarness harness = startedFrom("");
        harness.completeCheckpoint();
        harness.crashMaster(true);
        assertThat(harness.of(MasterAction.DeleteClaimed.class)).isEmpty();
    }

    // ---- what another has started from ----

    private static final String CHECKPOINT_OF_JOB =
            "hdfs://nn/root/app/" + JOB + "/checkpoints/chk-0000000000000001/_metadata-1-1";

    private static MasterHarness withAnotherStartedFromItsCheckpoint(String... settings) {
        MasterHarness harness = small(settings);
        harness.completeCheckpoint();
        assertThat(harness.of(MasterAction.SweepCheckpoints.class)).hasSize(1);
        submit(
                harness,
                OTHER_JOB,
                from("").toBuilder()
                        .setMetadataPath(CHECKPOINT_OF_JOB)
                        .setCheckpoint(1)
                        .build());
        return harness;
    }

    /** Of a running job, without a claim: it goes on, and would sweep what the other may have to read again. */
    @Test
    void whatAnotherJobHasStartedFromIsNotSweptAsLongAsThatHasNothingElse() {
        MasterHarness harness = withAnotherStartedFromItsCheckpoint();
        harness.completeCheckpoint();
        assertThat(lastSweep(harness).needed())
                .as("the other is being submitted")
                .isEqualTo(1);
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        harness.completeCheckpoint();
        assertThat(lastSweep(harness).needed())
                .as("the other has no checkpoint")
                .isEqualTo(1);
        harness.crashMaster(true);
        assertThat(lastSweep(harness).needed()).as("by the word of the journal").isEqualTo(1);
        harness.journal.add(checkpointOfTheOther());
        harness.crashMaster(true);
        assertThat(harness.of(
                        MasterAction.SweepCheckpoints.class,
                        sweep -> sweep.job().equals(JOB)))
                .singleElement()
                .satisfies(sweep -> {
                    assertThat(sweep.needed()).isZero();
                    assertThat(sweep.newest().value()).isEqualTo(3);
                });
    }

    private static MasterAction.SweepCheckpoints lastSweep(MasterHarness harness) {
        return harness.last(MasterAction.SweepCheckpoints.class);
    }

    @Test
    void theFilesOfAJobThatEndsStayAsLongAsAnotherHasNothingElse() {
        MasterHarness harness = withAnotherStartedFromItsCheckpoint();
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        cancel(harness);
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).isEmpty();
        harness.cancel(OTHER_JOB);
        harness.stopped(OTHER_JOB, 1, 1);
        assertThat(harness.of(MasterAction.ConfirmLeadership.class))
                .as("another may have been started from them by a newer master")
                .isNotEmpty();
        assertThat(harness.of(MasterAction.DeleteJobFiles.class))
                .extracting(MasterAction.DeleteJobFiles::job)
                .containsExactlyInAnyOrder(JOB, OTHER_JOB);
    }

    /** The mark is not put off; what is beside is left to the user. */
    @Test
    void theCheckpointsOfAJobThatLeavesThemAreMarkedAlsoIfAnotherNeedsOneOfThem() {
        MasterHarness harness = withAnotherStartedFromItsCheckpoint("checkpoint.on-cancel", "retain");
        harness.tell(new MasterEvent.GraphLoaded(OTHER_JOB, MasterHarness.graph(1)));
        cancel(harness);
        assertThat(harness.last(MasterAction.RetainCheckpoint.class).kept()).isEmpty();
        assertThat(harness.of(MasterAction.DeleteJobFiles.class)).isEmpty();
    }

    // ---- how they went ----

    private static Segment segment(long checkpoint) {
        return Segment.newBuilder()
                .setFile("hdfs://nn/chk-" + checkpoint)
                .setCheckpoint(checkpoint)
                .setLength(100)
                .build();
    }

    private static void acknowledge(MasterHarness harness, Segment... keyed) {
        TriggerCheckpoint trigger = lastTrigger(harness);
        SubtaskSnapshot part = SubtaskSnapshot.newBuilder()
                .setVertex(3)
                .setFirstBarrierMicros(10)
                .setAlignmentMicros(20)
                .setSynchronousMicros(30)
                .setGatheringMicros(40)
                .setAsynchronousMicros(50)
                .setBytes(100)
                .addOperators(OperatorSnapshot.newBuilder().addAllKeyedState(List.of(keyed)))
                .build();
        harness.acknowledge(1, trigger.getIncarnation(), trigger.getCheckpoint(), List.of(part));
    }

    @Test
    void eachPartOfACheckpointIsMeasured() {
        MasterHarness harness = small();
        harness.passAlive(INTERVAL);
        harness.nowNanos += 2_000_000_000L;
        acknowledge(harness, segment(1), segment(1));
        harness.nowNanos += 300_000_000;
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.nowNanos += 50_000_000;
        harness.confirmHeld();
        CheckpointDescription went = newest(harness);
        assertThat(went.getState()).isEqualTo(CheckpointState.CHECKPOINT_COMPLETED);
        assertThat(went.getDurationMicros()).isEqualTo(2_350_000);
        assertThat(went.getPublishMicros()).isEqualTo(300_000);
        assertThat(went.getJournalMicros()).isEqualTo(50_000);
        assertThat(went.getBytes()).isEqualTo(100);
        assertThat(went.getStateBytes()).isEqualTo(200);
        assertThat(went.getSlowest()).startsWith("The longest part of 2.4 s was");
        SubtaskPart part = went.getSubtasksList().stream()
                .filter(each -> each.getVertex() == 3)
                .findFirst()
                .orElseThrow();
        assertThat(List.of(
                        part.getFirstBarrierMicros(),
                        part.getAlignmentMicros(),
                        part.getSynchronousMicros(),
                        part.getGatheringMicros(),
                        part.getUploadMicros()))
                .containsExactly(10L, 20L, 30L, 40L, 50L);
        assertThat(part.getExecutorId()).isEqualTo("container_1");
        assertThat(part.getState()).isEqualTo(PartState.PART_ACKNOWLEDGED);
    }

    @Test
    void onlyTheNewestAreRemembered() {
        MasterHarness harness = small();
        for (int round = 0; round < CheckpointHistory.KEPT + 3; round++) {
            harness.completeCheckpoint();
        }
        assertThat(history(harness))
                .hasSize(CheckpointHistory.KEPT)
                .first()
                .extracting(CheckpointDescription::getCheckpoint)
                .isEqualTo(4L);
    }

    @Test
    void oneThatIsGivenUpSaysWhoIsMissingAndHowFarTheyHadCome() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.acknowledge(JOB, 1, 1, 1, List.of());
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(2),
                harness.connection(2),
                Heartbeat.newBuilder()
                        .addCounters(counters(2, 1).setNewestCut(1))
                        .addCounters(counters(3, 1).setAligning(1))
                        .build()));
        harness.passAlive(Duration.ofSeconds(11));
        CheckpointDescription went = history(harness).get(0);
        assertThat(went.getState()).isEqualTo(CheckpointState.CHECKPOINT_FAILED);
        assertThat(went.getReason()).contains("not stored in time");
        assertThat(went.getSubtasksList())
                .extracting(part -> part.getVertex() + "." + part.getSubtask() + " " + part.getState())
                .containsExactly("2.1 PART_STORES", "3.1 PART_ALIGNS");
        assertThat(went.getSlowest()).contains("container_2", "vertex 3, subtask 1");
    }

    private static SubtaskCounters.Builder counters(int vertex, int subtask) {
        return SubtaskCounters.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(1)
                .setVertex(vertex)
                .setSubtask(subtask);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneThatWasUnderWayWhenTheJobFailedOrWasCanceledIsSaidToHaveFailed(boolean canceled) {
        MasterHarness harness = small();
        harness.passAlive(INTERVAL);
        if (canceled) {
            harness.cancel(JOB);
        } else {
            harness.report(
                    1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, MasterHarness.failure(FailureKind.USER_CODE, "Thrown."));
        }
        assertThat(newest(harness).getState()).isEqualTo(CheckpointState.CHECKPOINT_FAILED);
        assertThat(newest(harness).getReason()).contains(canceled ? "canceled" : "Thrown.");
        assertThat(harness.journaled(JournalRecord::hasCheckpointCompleted)).isEmpty();
    }
}
