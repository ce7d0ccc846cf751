package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CutKind;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TakeSavepointRequest;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SavepointsTest {
    private static final String ID = "00000000000a";
    private static final String DIRECTORY = "savepoints/savepoint-a-" + ID;
    private static final String STORED_IN = "hdfs://nn/root/" + DIRECTORY;

    private long lastRequest = 1000;

    private SavepointDescription take(MasterHarness harness, String id) {
        return take(harness, TakeSavepointRequest.newBuilder().setSavepointId(id));
    }

    private SavepointDescription stop(MasterHarness harness) {
        return take(
                harness, TakeSavepointRequest.newBuilder().setSavepointId(ID).setStop(true));
    }

    private SavepointDescription take(MasterHarness harness, TakeSavepointRequest.Builder wanted) {
        RequestId request = new RequestId(++lastRequest);
        harness.tell(new MasterEvent.SavepointRequested(
                request, wanted.setJobId(JOB.value()).build()));
        return (SavepointDescription) harness.reply(request);
    }

    private SavepointDescription describe(MasterHarness harness, String id) {
        RequestId request = new RequestId(++lastRequest);
        harness.tell(new MasterEvent.SavepointQueried(
                request,
                DescribeSavepointRequest.newBuilder()
                        .setJobId(JOB.value())
                        .setSavepointId(id)
                        .build()));
        return (SavepointDescription) harness.reply(request);
    }

    private static TriggerCheckpoint lastTrigger(MasterHarness harness) {
        return harness.lastMessage(MasterMessage::hasTrigger).getTrigger();
    }

    private static void store(MasterHarness harness) {
        harness.collectCheckpoint();
        CheckpointKey key = harness.last(MasterAction.WriteSavepoint.class).key();
        harness.tell(new MasterEvent.MetadataWritten(key, STORED_IN + "/_metadata"));
    }

    private static List<JournalRecord> completed(MasterHarness harness) {
        return harness.journaled(JournalRecord::hasCheckpointCompleted);
    }

    // ---- of a job that goes on ----

    @Test
    void isTakenAtOnceIntoADirectoryOfItsOwn() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_RUNNING);
        assertThat(harness.sent(MasterMessage::hasTrigger)).hasSize(2);
        assertThat(lastTrigger(harness).getKind()).isEqualTo(CutKind.CUT_FOR_SAVEPOINT);
        assertThat(lastTrigger(harness).getSavepointDirectory()).isEqualTo(DIRECTORY);

        harness.collectCheckpoint();
        MasterAction.WriteSavepoint write = harness.last(MasterAction.WriteSavepoint.class);
        assertThat(write.directory()).isEqualTo(DIRECTORY);
        assertThat(write.metadata().getSavepoint()).isTrue();
        assertThat(write.metadata().getMaxParallelism()).isEqualTo(128);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
        harness.tell(new MasterEvent.MetadataWritten(write.key(), STORED_IN + "/_metadata"));
        SavepointDescription done = describe(harness, ID);
        assertThat(done.getState()).isEqualTo(SavepointState.SAVEPOINT_COMPLETED);
        assertThat(done.getPath()).isEqualTo(STORED_IN);
    }

    @Test
    void goesWhereTheClientOrTheJobsSettingSays() {
        MasterHarness harness = new MasterHarness();
        harness.settings.put("selvage.savepoint.directory", "/of-the-job");
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        take(harness, ID);
        assertThat(lastTrigger(harness).getSavepointDirectory()).isEqualTo("/of-the-job/savepoint-a-" + ID);
        store(harness);
        take(
                harness,
                TakeSavepointRequest.newBuilder().setSavepointId("00000000000b").setDirectory("hdfs://nn/mine/"));
        harness.completeCheckpoint(); // That a savepoint hastens.
        assertThat(lastTrigger(harness).getSavepointDirectory()).isEqualTo("hdfs://nn/mine/savepoint-a-00000000000b");
    }

    @Test
    void isNoPartOfTheJobsHistory() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        int records = harness.journal.size();
        take(harness, ID);
        store(harness);
        assertThat(harness.journal).hasSize(records);
        assertThat(harness.sent(MasterMessage::hasComplete)).hasSize(2); // Of the checkpoint.
        assertThat(harness.describe(JOB).getCheckpointsCompleted()).isEqualTo(1);
        harness.disconnect(2);
        harness.allocate(3);
        harness.register(3);
        Deploy next = harness.lastDeploy();
        assertThat(next.getIncarnation()).isEqualTo(2);
        assertThat(next.getRestoreCheckpoint()).isEqualTo(1);
        assertThat(next.getRestoreMetadataPath()).isEqualTo("hdfs://nn/metadata-1");
    }

    @Test
    void isSettledForTasksLikeANumberThatWasAbortedAndACheckpointFollowsAtOnce() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        store(harness);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(1);
        TriggerCheckpoint next = lastTrigger(harness);
        assertThat(next.getCheckpoint()).isEqualTo(2);
        assertThat(next.getKind()).isEqualTo(CutKind.CUT_FOR_CHECKPOINT);
    }

    @Test
    void waitsForTheCheckpointThatIsPendingAndSoDoesTheNext() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        assertThat(take(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_WAITING);
        assertThat(take(harness, "00000000000b").getState()).isEqualTo(SavepointState.SAVEPOINT_WAITING);
        assertThat(lastTrigger(harness).getCheckpoint()).isEqualTo(1);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(lastTrigger(harness).getSavepointDirectory()).isEqualTo(DIRECTORY);
        assertThat(lastTrigger(harness).getCheckpoint()).isEqualTo(2);
        store(harness);
        assertThat(lastTrigger(harness).getSavepointDirectory()).endsWith("00000000000b");
    }

    @Test
    void waitsForTheJobToRunButNotForever() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        assertThat(take(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_WAITING);
        harness.pass(Duration.ofSeconds(11));
        SavepointDescription failed = describe(harness, ID);
        assertThat(failed.getState()).isEqualTo(SavepointState.SAVEPOINT_FAILED);
        assertThat(failed.getReason()).contains("could not be begun for 10 s", "WAITING_FOR_RESOURCES");
    }

    @Test
    void isTheSameWhenItIsAskedForTwice() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        assertThat(take(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_RUNNING);
        store(harness);
        assertThat(take(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_COMPLETED);
        assertThat(harness.of(MasterAction.WriteSavepoint.class)).hasSize(1);
    }

    // ---- failures ----

    @Test
    void failsWithTheReasonWhenAnExecutorDeclinesAndTheJobGoesOn() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        harness.decline(2, 1, 1);
        SavepointDescription failed = describe(harness, ID);
        assertThat(failed.getState()).isEqualTo(SavepointState.SAVEPOINT_FAILED);
        assertThat(failed.getReason()).endsWith("HDFS is full.");
        assertThat(harness.last(MasterAction.DeleteSavepoint.class).directory()).isEqualTo(DIRECTORY);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getCheckpointsFailed()).isZero();
        harness.completeCheckpoint();
        assertThat(completed(harness)).hasSize(1);
    }

    @Test
    void failsWhenItsMetadataAreNotWrittenAndIsDeletedAlsoIfTheyAppearLater() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        harness.collectCheckpoint();
        CheckpointKey key = harness.last(MasterAction.WriteSavepoint.class).key();
        harness.tell(new MasterEvent.MetadataWriteFailed(key, "Permission denied."));
        assertThat(describe(harness, ID).getReason()).contains("Permission denied.");
        assertThat(harness.of(MasterAction.DeleteSavepoint.class)).hasSize(1);
        harness.tell(new MasterEvent.MetadataWritten(key, STORED_IN + "/_metadata"));
        assertThat(harness.of(MasterAction.DeleteSavepoint.class)).hasSize(2);
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_FAILED);
    }

    @Test
    void failsWhenItIsNotStoredInTime() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        harness.passAlive(Duration.ofSeconds(11));
        assertThat(describe(harness, ID).getReason()).contains("was not stored in time");
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void failsWithTheExecutorAndTheJobGoesBackToItsCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        take(harness, ID);
        harness.acknowledge(1, 1, 2);
        harness.disconnect(2);
        SavepointDescription failed = describe(harness, ID);
        assertThat(failed.getState()).isEqualTo(SavepointState.SAVEPOINT_FAILED);
        assertThat(failed.getReason()).contains("goes back to its last checkpoint");
        assertThat(harness.last(MasterAction.DeleteSavepoint.class).directory()).isEqualTo(DIRECTORY);
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        assertThat(harness.lastDeploy().getLastCheckpoint())
                .as("its number is used up")
                .isEqualTo(2);
    }

    @Test
    void thatBuildsOnCheckpointsIsRefused() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        take(harness, ID);
        harness.acknowledge(1, 1, 2, List.of(buildingOn(1)));
        harness.acknowledge(2, 1, 2);
        assertThat(describe(harness, ID).getReason()).contains("does not stand alone");
        assertThat(harness.of(MasterAction.WriteSavepoint.class)).isEmpty();
    }

    @Test
    void isNotKnownToTheNextMasterWhichGivesItsNumberUp() {
        MasterHarness harness = MasterHarness.running();
        take(harness, ID);
        harness.crashMaster(false);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.tell(new MasterEvent.GraphLoaded(JOB, MasterHarness.graph(3)));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_UNKNOWN);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(1);
    }

    @Test
    void isRefusedOfAJobThatThereIsNotOrThatEnds() {
        MasterHarness harness = MasterHarness.running();
        RequestId unknown = new RequestId(++lastRequest);
        harness.tell(new MasterEvent.SavepointRequested(
                unknown,
                TakeSavepointRequest.newBuilder()
                        .setJobId("job-none")
                        .setSavepointId(ID)
                        .build()));
        assertThat(((SavepointDescription) harness.reply(unknown)).getReason()).contains("no job \"job-none\"");
        assertThat(take(harness, "x").getReason()).contains("is not a savepoint's id");

        take(harness, ID);
        harness.cancel(JOB);
        assertThat(describe(harness, ID).getReason()).contains("canceled");
        assertThat(take(harness, "00000000000b").getReason()).contains("is being canceled");
    }

    @Test
    void doesNotComeInTheWayOfTheJobsLastCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        take(harness, ID);
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(lastTrigger(harness).getTerminal()).isTrue();
        assertThat(describe(harness, ID).getReason()).contains("is finishing");
        assertThat(take(harness, "00000000000b").getState()).isEqualTo(SavepointState.SAVEPOINT_REFUSED);
    }

    @Test
    void moreThanAFewDoNotWait() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        for (int i = 0; i < Savepoints.MOST_WAITING; i++) {
            assertThat(take(harness, String.format("%012x", i)).getState()).isEqualTo(SavepointState.SAVEPOINT_WAITING);
        }
        assertThat(take(harness, ID).getReason()).contains("wait already");
    }

    // ---- stopping a job ----

    @Test
    void stopsTheJobOnceItIsDurable() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        stop(harness);
        assertThat(lastTrigger(harness).getKind()).isEqualTo(CutKind.CUT_FOR_STOP);
        harness.journalHeld = true;
        store(harness);
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_RUNNING);
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete().getTerminal())
                .as("nothing is committed before the record is durable")
                .isFalse();
        harness.confirmHeld();

        CheckpointCompleted last = completed(harness).get(1).getCheckpointCompleted();
        assertThat(last.getStoppedBy()).isEqualTo(ID);
        assertThat(last.getTerminal()).isTrue();
        assertThat(last.getMetadataPath()).isEqualTo(STORED_IN + "/_metadata");
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete().getTerminal())
                .isTrue();
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_COMPLETED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
        RequestId cancel = harness.cancel(JOB);
        assertThat(((CancelJobResponse) harness.reply(cancel)).getRefusal()).contains("is finishing");

        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        JobDescription end = harness.describe(JOB);
        assertThat(end.getPhase()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getSavepointPath()).isEqualTo(STORED_IN);
        assertThat(harness.of(MasterAction.DeleteSavepoint.class)).isEmpty();
    }

    @Test
    void drainsWithABarrierOfItsOwnKind() {
        MasterHarness harness = MasterHarness.running();
        take(
                harness,
                TakeSavepointRequest.newBuilder()
                        .setSavepointId(ID)
                        .setStop(true)
                        .setDrain(true));
        assertThat(lastTrigger(harness).getKind()).isEqualTo(CutKind.CUT_FOR_DRAIN);
        store(harness);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
    }

    @Test
    void thatFailsStopsNothing() {
        MasterHarness harness = MasterHarness.running();
        stop(harness);
        harness.decline(1, 1, 1);
        assertThat(describe(harness, ID).getState()).isEqualTo(SavepointState.SAVEPOINT_FAILED);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.completeCheckpoint();
        assertThat(completed(harness).get(0).getCheckpointCompleted().getStoppedBy())
                .isEmpty();
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void whatDiesAfterTheStopIsStartedAgainOnlyToCommit() {
        MasterHarness harness = MasterHarness.running();
        stop(harness);
        store(harness);
        harness.disconnect(2);
        harness.allocate(3);
        harness.register(3);
        Deploy again = harness.lastDeploy();
        assertThat(again.getIncarnation()).isEqualTo(2);
        assertThat(again.getHeld()).isTrue();
        assertThat(again.getRestoreMetadataPath()).isEqualTo(STORED_IN + "/_metadata");
        assertThat(again.getMetadata().isEmpty())
                .as("names in it are relative to their path")
                .isTrue();
        int triggers = harness.sent(MasterMessage::hasTrigger).size();
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.passAlive(INTERVAL.multipliedBy(3));
        assertThat(harness.sent(MasterMessage::hasTrigger)).hasSize(triggers);
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete())
                .satisfies(complete -> {
                    assertThat(complete.getIncarnation()).isEqualTo(2);
                    assertThat(complete.getTerminal()).isTrue();
                });
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    @Test
    void theNextMasterFinishesAJobThatWasStoppedAndKnowsTheSavepoint() {
        MasterHarness harness = MasterHarness.running();
        stop(harness);
        harness.journalHeld = true;
        store(harness);
        harness.crashMaster(true);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.tell(new MasterEvent.GraphLoaded(JOB, MasterHarness.graph(3)));
        assertThat(describe(harness, ID).getPath()).isEqualTo(STORED_IN);
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete().getTerminal())
                .isTrue();
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
    }

    // ---- starting from one ----

    private static MasterHarness runningFromSavepoint() {
        MasterHarness harness = new MasterHarness();
        harness.tell(new MasterEvent.SubmissionRequested(
                new RequestId(500),
                SubmitJobRequest.newBuilder()
                        .setJobId(JOB.value())
                        .setGraphPath("hdfs://nn/graph.pb")
                        .putAllSettings(harness.settings)
                        .setRestoredFrom(RestoredFrom.newBuilder()
                                .setMetadataPath("hdfs://nn/s/_metadata")
                                .setCheckpoint(41))
                        .build()));
        harness.tell(new MasterEvent.GraphLoaded(JOB, MasterHarness.graph(3)));
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        return harness;
    }

    @Test
    void aJobStartsFromOneAndItsOwnNumbersGoOnAboveIt() {
        MasterHarness harness = runningFromSavepoint();
        Deploy deploy = harness.lastDeploy();
        assertThat(deploy.getRestoreCheckpoint()).isEqualTo(41);
        assertThat(deploy.getRestoreMetadataPath()).isEqualTo("hdfs://nn/s/_metadata");
        assertThat(deploy.getHeld()).isFalse();
        assertThat(harness.describe(JOB).getLastCheckpoint()).isZero();
        harness.completeCheckpoint();
        assertThat(completed(harness).get(0).getCheckpointCompleted().getCheckpoint())
                .isEqualTo(42);
        assertThat(harness.last(MasterAction.SweepCheckpoints.class).kept())
                .extracting(Object::toString)
                .containsExactly("42");
    }

    @Test
    void aJobGoesBackToItUntilItHasACheckpointOfItsOwnUnderAnyMaster() {
        MasterHarness harness = runningFromSavepoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.tell(new MasterEvent.GraphLoaded(JOB, MasterHarness.graph(3)));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 41));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 41));
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "Thrown."));
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreMetadataPath()).isEqualTo("hdfs://nn/s/_metadata");
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        harness.report(1, 2, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "Thrown."));
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.lastDeploy().getRestoreMetadataPath()).isEqualTo("hdfs://nn/metadata-42");
    }

    @Test
    void aFirstCheckpointThatBuildsOnItIsGivenUp() {
        MasterHarness harness = runningFromSavepoint();
        harness.passAlive(INTERVAL);
        harness.acknowledge(1, 1, 42, List.of(buildingOn(41)));
        harness.acknowledge(2, 1, 42);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(42);
    }

    @Test
    void aSubmissionWithoutANumberToGoOnFromIsRefused() {
        MasterHarness harness = new MasterHarness();
        RequestId request = new RequestId(501);
        harness.tell(new MasterEvent.SubmissionRequested(
                request,
                SubmitJobRequest.newBuilder()
                        .setJobId(new JobId("job-b").value())
                        .setGraphPath("hdfs://nn/graph.pb")
                        .setRestoredFrom(RestoredFrom.newBuilder().setMetadataPath("hdfs://nn/s/_metadata"))
                        .build()));
        assertThat(harness.reply(request).toString()).contains("refusal", "which checkpoint");
    }

    private static SubtaskSnapshot buildingOn(long checkpoint) {
        return SubtaskSnapshot.newBuilder()
                .setVertex(3)
                .addOperators(OperatorSnapshot.newBuilder()
                        .addKeyedState(Segment.newBuilder().setFile("f").setCheckpoint(checkpoint)))
                .build();
    }
}
