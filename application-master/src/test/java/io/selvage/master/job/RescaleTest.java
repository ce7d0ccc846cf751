package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.RescaleState;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.VertexDescription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A job gets another parallelism from a checkpoint that is taken for it, with one record: before that is durable it is
 * what it was, under whichever master.
 */
class RescaleTest {
    private static final String ID = "5f0c1b2a9e47";

    private static RescaleJobResponse rescale(MasterHarness harness, int parallelism) {
        return harness.rescale(ID, parallelism, Map.of());
    }

    private static void graphWritten(MasterHarness harness) {
        harness.tell(new MasterEvent.GraphChanged(
                JOB, harness.last(MasterAction.ChangeGraph.class).to()));
    }

    private static void completePending(MasterHarness harness) {
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
    }

    private static List<Integer> parallelism(MasterHarness harness) {
        return harness.describe(JOB).getVerticesList().stream()
                .map(VertexDescription::getParallelism)
                .toList();
    }

    @Test
    void theNextIncarnationHasItAndStartsFromACheckpointThatWasTakenForIt() {
        MasterHarness harness = MasterHarness.running();
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
        MasterAction.ChangeGraph change = harness.last(MasterAction.ChangeGraph.class);
        assertThat(change.from()).isEqualTo("hdfs://nn/root/app/job-a/graph.pb");
        assertThat(change.parallelism()).isEqualTo(Map.of(new VertexId(1), 1, new VertexId(2), 4, new VertexId(3), 4));
        assertThat(harness.sent(MasterMessage::hasTrigger)).isEmpty();
        graphWritten(harness);
        assertThat(harness.sent(MasterMessage::hasTrigger)).as("at once").hasSize(2);
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(1);
        completePending(harness);

        Deploy deploy = harness.lastDeploy();
        assertThat(deploy.getIncarnation()).isEqualTo(2);
        assertThat(deploy.getRestoreCheckpoint()).isEqualTo(1);
        assertThat(deploy.getGraphPath()).isEqualTo(change.to());
        assertThat(deploy.getSubtasksList()).hasSize(9);
        assertThat(rescale(harness, 4).getState()).as("until it runs").isEqualTo(RescaleState.RESCALE_WAITING);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_DONE);
        assertThat(parallelism(harness)).containsExactly(1, 4, 4);
        assertThat(harness.journaled(JournalRecord::hasIncarnationFailed)).isEmpty();
    }

    @Test
    void nothingStopsBeforeTheRecordIsDurable() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 1);
        graphWritten(harness);
        harness.collectCheckpoint();
        harness.holdFrom(JournalRecord::hasIncarnationStarted);
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(2);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
        harness.confirmHeld();
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getSubtasksList()).hasSize(3);
        assertThat(harness.sent(MasterMessage::hasStop))
                .as("where nothing of it is left")
                .hasSize(1);
    }

    @Test
    void aMasterThatTakesOverBeforeTheRecordKnowsOfNothing() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        graphWritten(harness);
        completePendingUpToTheRecord(harness, false);
        assertThat(harness.last(MasterAction.LoadGraph.class).path()).endsWith("/graph.pb");
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(parallelism(harness)).containsExactly(1, 3, 3);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        // The client asks again, and has it begun by this one.
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
        assertThat(harness.last(MasterAction.ChangeGraph.class).to()).endsWith("/graph-2-1.pb");
    }

    @Test
    void aMasterThatTakesOverAfterTheRecordStartsItWithTheOtherGraph() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        String path = harness.last(MasterAction.ChangeGraph.class).to();
        graphWritten(harness);
        completePendingUpToTheRecord(harness, true);
        assertThat(harness.last(MasterAction.LoadGraph.class).path()).isEqualTo(path);
        harness.tell(new MasterEvent.GraphLoaded(JOB, rescaled(4)));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.passAlive(Duration.ofSeconds(70));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(harness.lastDeploy().getGraphPath()).isEqualTo(path);
        assertThat(harness.lastDeploy().getSubtasksList()).hasSize(9);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_DONE);
    }

    /** The master dies as it has handed the incarnation's record to the journal. */
    private static void completePendingUpToTheRecord(MasterHarness harness, boolean isDurable) {
        harness.collectCheckpoint();
        harness.holdFrom(JournalRecord::hasIncarnationStarted);
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.crashMaster(isDurable);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
    }

    private static JobGraphMessage rescaled(int parallelism) {
        JobGraphMessage.Builder graph = graph(parallelism).toBuilder();
        graph.getVerticesBuilderList().stream()
                .filter(vertex -> vertex.getId() > 1)
                .forEach(vertex -> vertex.setSubmittedParallelism(3));
        graph.getVerticesBuilder(0).setSubmittedParallelism(1);
        return graph.build();
    }

    @Test
    void theOtherGraphOutlivesFailuresAndACompactionOfTheJournal() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        String path = harness.last(MasterAction.ChangeGraph.class).to();
        graphWritten(harness);
        completePending(harness);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.disconnect(2);
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 137, "Container 2 was killed by signal 9."));
        harness.stopped(1, 2);
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(harness.lastDeploy().getGraphPath()).isEqualTo(path);
        JournaledState compacted = JournaledState.replay(List.of(JournalRecord.newBuilder()
                .setSnapshot(JournaledState.replay(harness.journal).toSnapshot())
                .build()));
        assertThat(compacted.jobs().get(0).getIncarnation().getGraphPath()).isEqualTo(path);
    }

    @Test
    void slotsAreThereBeforeAnythingIsTouched() {
        MasterHarness harness = MasterHarness.running();
        int before = harness.requestedContainers();
        assertThat(rescale(harness, 6).getReason()).isEqualTo("2 of the 6 slots that it takes are missing.");
        assertThat(harness.requestedContainers()).isEqualTo(before + 1);
        graphWritten(harness);
        harness.completeCheckpoint();
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
        assertThat(parallelism(harness)).containsExactly(1, 3, 3);
        harness.allocate(3);
        harness.register(3);
        completePending(harness);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getSubtasksList()).hasSize(13);
    }

    @Test
    void withoutSlotsTheJobGoesOnAsItIs() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 6);
        graphWritten(harness);
        harness.passAlive(Duration.ofSeconds(121));
        RescaleJobResponse failed = rescale(harness, 6);
        assertThat(failed.getState()).isEqualTo(RescaleState.RESCALE_FAILED);
        assertThat(failed.getReason())
                .isEqualTo("It could not be begun for 120 s: 2 of the 6 slots that it takes are missing.");
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
    }

    @Test
    void aCheckpointHasItsOwnTimeHoweverLongTheSlotsTook() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 6);
        graphWritten(harness);
        harness.passAlive(Duration.ofSeconds(118));
        harness.allocate(3);
        harness.register(3);
        harness.passAlive(Duration.ofSeconds(8));
        assertThat(rescale(harness, 6).getReason()).isEqualTo("It is begun with the next checkpoint.");
        completePending(harness);
        assertThat(harness.lastDeploy().getSubtasksList()).hasSize(13);
    }

    @Test
    void anotherCheckpointIsTakenAtOnceForOneThatIsGivenUp() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        graphWritten(harness);
        harness.decline(1, 1, 1);
        assertThat(harness.sent(MasterMessage::hasTrigger)).hasSize(4);
        completePending(harness);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(2);
        assertThat(harness.lastDeploy().getSubtasksList()).hasSize(9);
    }

    @Test
    void ifCheckpointsAreGivenUpAgainAndAgainTheJobGoesOnAsItIs() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        graphWritten(harness);
        for (long checkpoint = 1; checkpoint <= Rescaling.MOST_GIVEN_UP; checkpoint++) {
            assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
            harness.decline(1, 1, checkpoint);
        }
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_FAILED);
        assertThat(rescale(harness, 4).getReason()).contains("3 times").contains("HDFS is full.");
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void nothingIsStoppedForItWhileExecutorsOfTheMasterBeforeAreAwaited() {
        MasterHarness harness = MasterHarness.running();
        harness.crashMaster(true);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2), executor(3))));
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 0));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 0));
        rescale(harness, 4);
        graphWritten(harness);
        harness.completeCheckpoint();
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
    }

    @Test
    void whatIsDoneIsNotBegunAgain() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        graphWritten(harness);
        completePending(harness);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.rescale("5f0c1b2a9e48", 2, Map.of());
        graphWritten(harness);
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_DONE);
        completePending(harness);
        assertThat(rescale(harness, 4).getState()).as("until it runs").isEqualTo(RescaleState.RESCALE_WAITING);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_DONE);
        assertThat(harness.of(MasterAction.ChangeGraph.class)).hasSize(2);
    }

    @Test
    void aClientIsAnsweredWhenTheJobHasFailedMeanwhile() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 6);
        SubtaskPlacement any = harness.lastDeploy().getSubtasks(0);
        harness.report(
                MasterHarness.number(new ExecutorId(any.getExecutorId())),
                1,
                any.getVertex(),
                any.getSubtask(),
                SubtaskState.SUBTASK_FAILED,
                MasterHarness.failure(FailureKind.FATAL, "It is broken."));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(rescale(harness, 6).getState()).isEqualTo(RescaleState.RESCALE_FAILED);
        assertThat(rescale(harness, 6).getReason()).isEqualTo("The job has ended.");
    }

    @Test
    void withoutAGraphTheJobGoesOnAsItIs() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        harness.tell(new MasterEvent.GraphNotChanged(
                JOB, harness.last(MasterAction.ChangeGraph.class).to(), "HDFS is full."));
        RescaleJobResponse failed = rescale(harness, 4);
        assertThat(failed.getState()).isEqualTo(RescaleState.RESCALE_FAILED);
        assertThat(failed.getReason()).isEqualTo("HDFS is full.");
        harness.completeCheckpoint();
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
    }

    @Test
    void aStepMayHaveAParallelismOfItsOwn() {
        MasterHarness harness = MasterHarness.running();
        assertThat(harness.rescale(ID, 0, Map.of("o3", 1)).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
        assertThat(harness.last(MasterAction.ChangeGraph.class).parallelism())
                .isEqualTo(Map.of(new VertexId(1), 1, new VertexId(2), 3, new VertexId(3), 1));
        graphWritten(harness);
        completePending(harness);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        // What had the highest at submission is what the number without a step is for, also then.
        harness.rescale("5f0c1b2a9e48", 2, Map.of());
        assertThat(harness.last(MasterAction.ChangeGraph.class).parallelism())
                .isEqualTo(Map.of(new VertexId(1), 1, new VertexId(2), 2, new VertexId(3), 2));
    }

    @Test
    void whatCantBeIsRefusedBeforeTheJobIsTouched() {
        MasterHarness harness = MasterHarness.running();
        assertRefused(
                harness.rescale(ID, 129, Map.of()),
                "\"vertex 2\" can have 1 to 128 subtasks, as the job's maximum parallelism is 128, and not 129. A higher"
                        + " maximum needs a start without state.");
        assertRefused(
                harness.rescale(ID, 0, Map.of("o9", 1)), "The job has no step with the uid o9; it has o1, o2, o3.");
        assertRefused(
                harness.rescale(ID, 0, Map.of("o1", 2)),
                "\"vertex 1\" plans a source's splits, which one subtask does: name the source's own uid.");
        rescale(harness, 4);
        assertRefused(
                harness.rescale("5f0c1b2a9e48", 2, Map.of()),
                "job-a is being rescaled already, to \"vertex 1\" 1, \"vertex 2\" 4, \"vertex 3\" 4.");
        assertThat(rescale(harness, 4).getState()).isEqualTo(RescaleState.RESCALE_WAITING);
        assertThat(rescaleOfARunningJobTo(3).getState()).isEqualTo(RescaleState.RESCALE_DONE);
    }

    private static RescaleJobResponse rescaleOfARunningJobTo(int parallelism) {
        return rescale(MasterHarness.running(), parallelism);
    }

    private static void assertRefused(RescaleJobResponse response, String sentence) {
        assertThat(response.getState()).isEqualTo(RescaleState.RESCALE_REFUSED);
        assertThat(response.getReason()).isEqualTo(sentence);
    }

    @Test
    void aJobThatIsCanceledKeepsItsParallelism() {
        MasterHarness harness = MasterHarness.running();
        rescale(harness, 4);
        graphWritten(harness);
        harness.cancel(JOB);
        assertThat(rescale(harness, 4).getReason()).isEqualTo("job-a is being canceled.");
        harness.passAlive(INTERVAL);
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
    }
}
