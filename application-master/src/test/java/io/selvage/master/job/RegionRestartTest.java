package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.twoRegions;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CarriedVertex;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.IncarnationStarted;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * A job of two regions: vertices 1, 2 and 3 in the slots of executors 1, 2 and 1, vertices 4, 5 and 6 in the first of
 * them alone. What is not hit goes on.
 */
class RegionRestartTest {
    private static final SubtaskState RUNNING = SubtaskState.SUBTASK_RUNNING;
    private static final SubtaskState FAILED = SubtaskState.SUBTASK_FAILED;
    private static final Failure THREW = failure(FailureKind.USER_CODE, "It threw.");
    private static final Duration DELAY = Duration.ofSeconds(2);

    private static MasterHarness running() {
        MasterHarness harness = new MasterHarness();
        harness.submit(JOB);
        harness.tell(new MasterEvent.GraphLoaded(JOB, twoRegions(3, 1)));
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(RUNNING);
        harness.completeCheckpoint();
        return harness;
    }

    /** By vertex, what the newest deployment says of its subtasks; 0: they start. */
    private static Map<Integer, Long> since(MasterHarness harness) {
        Map<Integer, Long> since = new TreeMap<>();
        for (SubtaskPlacement placement : harness.lastDeploy().getSubtasksList()) {
            Long before = since.put(placement.getVertex(), placement.getSince());
            assertThat(before == null || before == placement.getSince()).isTrue();
        }
        return since;
    }

    private static Map<Integer, Long> since(long first, long second) {
        return new TreeMap<>(Map.of(1, first, 2, first, 3, first, 4, second, 5, second, 6, second));
    }

    private static IncarnationStarted newestStarted(MasterHarness harness) {
        List<JournalRecord> started = harness.journaled(JournalRecord::hasIncarnationStarted);
        return started.get(started.size() - 1).getIncarnationStarted();
    }

    private static void fail(MasterHarness harness, long incarnation, int vertex) {
        harness.report(1, incarnation, vertex, 0, FAILED, THREW);
    }

    @Test
    void aFunctionThatThrowsRestartsItsRegionAlone() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        assertThat(since(harness)).isEqualTo(since(0, 1));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.reportAll(RUNNING);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.completeCheckpoint();
        assertThat(harness.describe(JOB).getLastCheckpoint()).isEqualTo(2);
    }

    @Test
    void theRecordSaysWhatGoesOnSinceWhen() {
        MasterHarness harness = running();
        fail(harness, 1, 5);
        harness.passAlive(DELAY);
        assertThat(newestStarted(harness).getCarriedList())
                .containsExactly(carried(1, 1), carried(2, 1), carried(3, 1));
        JournaledState replayed = JournaledState.replay(harness.journal);
        assertThat(replayed.jobs().get(0).getIncarnation()).isEqualTo(newestStarted(harness));
        assertThat(JournaledState.replay(List.of(JournalRecord.newBuilder()
                                .setSnapshot(replayed.toSnapshot())
                                .build()))
                        .jobs())
                .isEqualTo(replayed.jobs());
    }

    private static CarriedVertex carried(int vertex, long since) {
        return CarriedVertex.newBuilder().setVertex(vertex).setSince(since).build();
    }

    @Test
    void theLossOfAnExecutorRestartsTheRegionsThatItRan() {
        MasterHarness harness = running();
        harness.register(3);
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(since(harness)).isEqualTo(since(0, 1));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
    }

    @Test
    void theLossOfAnExecutorThatRanAllRegionsRestartsAll() {
        MasterHarness harness = running();
        harness.register(3);
        harness.disconnect(1);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void whatGoesOnIsCarriedOverAgainBeforeAnyExecutorHasSaidSo() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        fail(harness, 2, 2);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 1));
    }

    @Test
    void eachRegionIsAsOldAsItsOwnLastFailure() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        harness.reportAll(RUNNING);
        fail(harness, 2, 5);
        harness.passAlive(DELAY);
        assertThat(since(harness)).isEqualTo(since(2, 0));
        harness.reportAll(RUNNING);
        assertThat(harness.describe(JOB).getVerticesList())
                .extracting(vertex -> vertex.getSinceIncarnation())
                .containsExactly(2L, 2L, 2L, 3L, 3L, 3L);
    }

    @Test
    void anExecutorThatCanNotLetItGoOnHasItRestarted() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        fail(harness, 2, 5);
        harness.passAlive(DELAY);
        // The first region has not said that it runs, so it starts again as well.
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void whatFailsWhileTheRestartIsAwaitedIsHitAsWell() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        fail(harness, 1, 5);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void aSubtaskWithAnImpossibleNumberThatFailsMeanwhileHitsNothing() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.report(1, 1, 5, -1, FAILED, THREW);
        harness.report(1, 0, 5, 0, FAILED, THREW);
        harness.passAlive(DELAY);
        assertThat(since(harness)).isEqualTo(since(0, 1));
    }

    @Test
    void whatFailsOnceTheRecordIsOnItsWayRestartsAfterIt() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.passAlive(Duration.ofMillis(100));
        harness.journalHeld = true;
        harness.passAlive(DELAY);
        fail(harness, 1, 5);
        harness.confirmHeld();
        assertThat(since(harness)).isEqualTo(since(0, 1));
        fail(harness, 2, 5);
        harness.passAlive(Duration.ofSeconds(5));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void theLossOfAnExecutorWhileTheRecordIsOnItsWayIsHeeded() {
        MasterHarness harness = running();
        harness.register(3);
        harness.journalHeld = true;
        harness.disconnect(2);
        harness.disconnect(1);
        harness.confirmHeld();
        harness.register(4);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void anIncarnationThatNobodyHasSeenDoesNotMatter() {
        MasterHarness harness = running();
        harness.register(3);
        harness.register(4);
        harness.journalHeld = true;
        harness.disconnect(2);
        harness.disconnect(3);
        harness.confirmHeld();
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 1));
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
    }

    @Test
    void acknowledgementsOfTheGivenUpCheckpointCountForNothing() {
        MasterHarness harness = running();
        harness.passAlive(INTERVAL);
        long given = harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint();
        harness.acknowledge(2, 1, given);
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getLastCheckpoint()).isEqualTo(given);
        harness.reportAll(RUNNING);
        int written = harness.of(MasterAction.WriteMetadata.class).size();
        harness.acknowledge(1, 1, given);
        harness.passAlive(INTERVAL);
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint())
                .isGreaterThan(given);
        harness.acknowledge(1, 1, given + 1);
        harness.acknowledge(2, 2, given + 1);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(written);
        harness.acknowledge(1, 2, given + 1);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(written + 1);
    }

    @Test
    void aCheckpointThatCompletesAfterTheFailureIsWhatTheHitRegionStartsFrom() {
        MasterHarness harness = running();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        harness.confirmHeld();
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(2);
        assertThat(since(harness)).isEqualTo(since(0, 1));
    }

    @Test
    void onlyTheHitRegionsRecordsAreReplayed() {
        MasterHarness harness = running();
        read(harness, 2, 70);
        read(harness, 5, 1000);
        fail(harness, 1, 2);
        assertThat(harness.describe(JOB).getRecoveries(0).getRecordsReplayed()).isEqualTo(70);
    }

    private static void read(MasterHarness harness, int vertex, long records) {
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(1),
                harness.connection(1),
                Heartbeat.newBuilder()
                        .addCounters(SubtaskCounters.newBuilder()
                                .setJobId(JOB.value())
                                .setIncarnation(1)
                                .setVertex(vertex)
                                .setRecordsRead(records))
                        .build()));
    }

    @Test
    void slotsOfWhatGoesOnAreNotGivenToOthers() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        JobId other = new JobId("job-b");
        harness.submitted(other, 2);
        assertThat(harness.describe(other).getPhase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        harness.passAlive(DELAY);
        assertThat(since(harness)).isEqualTo(since(0, 1));
        assertThat(harness.describe(other).getPhase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
    }

    @Test
    void aMissingSlotIsAskedForWhileTheRestGoesOn() {
        MasterHarness harness = running();
        int requested = harness.requestedContainers();
        harness.disconnect(2);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.requestedContainers()).isEqualTo(requested + 1);
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.allocate(3);
        harness.register(3);
        assertThat(since(harness)).isEqualTo(since(0, 1));
    }

    @Test
    void whatGoesOnIsStoppedWhenTheJobIsCanceled() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.cancel(JOB);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    @Test
    void whatGoesOnIsStoppedWhenTheJobIsGivenUp() {
        MasterHarness harness = new MasterHarness();
        harness.settings.put("selvage.restart.attempts", "1");
        harness.submit(JOB);
        harness.tell(new MasterEvent.GraphLoaded(JOB, twoRegions(3, 1)));
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(RUNNING);
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        fail(harness, 2, 2);
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
    }

    @Test
    void aNewMasterAdoptsWhatWasRestartedInPart() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        harness.reportAll(RUNNING);
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, twoRegions(3, 1)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.register(1, harness.stillRunning(1, RUNNING, 2));
        harness.register(2, harness.stillRunning(2, RUNNING, 2));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        fail(harness, 2, 2);
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(3);
        assertThat(since(harness)).isEqualTo(since(0, 1));
    }

    @Test
    void aMasterThatDiesWhileARestartIsAwaitedLeavesAWholeRestart() {
        MasterHarness harness = running();
        fail(harness, 1, 2);
        harness.crashMaster(true);
        harness.tell(new MasterEvent.GraphLoaded(JOB, twoRegions(3, 1)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2))));
        harness.register(1, harness.stillRunning(1, RUNNING, 1));
        harness.register(2, harness.stillRunning(2, RUNNING, 1));
        harness.passAlive(DELAY);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }

    @Test
    void afterTheLastCheckpointAllRegionsRestart() {
        MasterHarness harness = running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        fail(harness, 1, 2);
        harness.passAlive(DELAY);
        assertThat(since(harness)).isEqualTo(since(0, 0));
    }
}
