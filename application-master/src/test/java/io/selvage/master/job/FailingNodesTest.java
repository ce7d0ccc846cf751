package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.ClusterLearnt;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes on which executors fail through no fault of theirs get none for a while. */
class FailingNodesTest {
    private static final String BAD = "bad:1";
    private static final String WORSE = "worse:1";
    private static final int NOT_LOCALIZED = -1000;

    private int lastContainer = 10;

    /** A job waits for one more executor than there are. */
    private static MasterHarness waiting(int clusterNodes) {
        MasterHarness harness = MasterHarness.running();
        harness.tell(new MasterEvent.ClusterSized(clusterNodes));
        harness.completeCheckpoint();
        harness.disconnect(2);
        harness.complete(2, 137);
        harness.stopped(1, 1);
        return harness;
    }

    private void failToStart(MasterHarness harness, String node, int times) {
        for (int i = 0; i < times; i++) {
            harness.passAlive(Duration.ofSeconds(17)); // Past the pause that follows a failed start.
            harness.allocate(++lastContainer, node, 0);
            harness.complete(lastContainer, NOT_LOCALIZED);
        }
    }

    private static List<MasterAction.AvoidNodes> avoided(MasterHarness harness) {
        return harness.of(MasterAction.AvoidNodes.class);
    }

    private static MasterAction.AvoidNodes excluding(String node) {
        return new MasterAction.AvoidNodes(List.of(node), List.of());
    }

    private static MasterAction.AvoidNodes takingBack(String node) {
        return new MasterAction.AvoidNodes(List.of(), List.of(node));
    }

    @Test
    void nodeOnWhichExecutorsDoNotStartIsExcluded() {
        MasterHarness harness = waiting(3);
        failToStart(harness, BAD, 2);
        assertThat(avoided(harness)).isEmpty();
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
        assertThat(harness.notices())
                .singleElement()
                .asString()
                .contains("Node bad:1 gets no executors for the next", "failed there 3 times", "ended with -1000");
        assertThat(harness.of(MasterAction.Note.class, note -> note.line().startsWith("Node bad:1 gets no executors")))
                .hasSize(1);
    }

    @Test
    void startsThatFailInAnyWayCount() {
        MasterHarness harness = waiting(3);
        harness.allocate(11, BAD, 0);
        harness.tell(new MasterEvent.ContainerStartFailed(executor(11), "Connection refused.", true));
        harness.allocate(12, BAD, 0);
        harness.complete(12, 127);
        harness.passAlive(Duration.ofSeconds(5));
        harness.allocate(13, BAD, 0);
        assertThat(avoided(harness)).isEmpty();
        harness.passAlive(Duration.ofSeconds(61)); // It does not register.
        assertThat(avoided(harness)).contains(excluding(BAD));
    }

    @ParameterizedTest
    @ValueSource(ints = {-100, -102, -103, -104, -105, -106, -107, -108})
    void startsThatWereNotLetCountNothing(int exitStatus) {
        MasterHarness harness = waiting(3);
        for (int i = 0; i < 6; i++) {
            harness.passAlive(Duration.ofSeconds(17));
            harness.allocate(++lastContainer, BAD, 0);
            harness.complete(lastContainer, exitStatus);
        }
        assertThat(avoided(harness)).isEmpty();
    }

    @Test
    void startsThatTheNodeWasNotAskedForCountNothing() {
        MasterHarness harness = waiting(3);
        for (int i = 0; i < 6; i++) {
            harness.passAlive(Duration.ofSeconds(17));
            harness.allocate(++lastContainer, BAD, 0);
            harness.tell(new MasterEvent.ContainerStartFailed(
                    executor(lastContainer), "The credentials of an executor could not be put together.", false));
        }
        assertThat(avoided(harness)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 42, 43, 44, 134, 137, 139, 143, -102, -104})
    void endOfAnExecutorThatHasRunIsNotItsNodesFault(int exitStatus) {
        MasterHarness harness = waiting(3);
        for (int i = 0; i < 6; i++) {
            runAndEnd(harness, exitStatus);
        }
        assertThat(avoided(harness)).isEmpty();
    }

    /** As YARN finds, or an executor. */
    @ParameterizedTest
    @ValueSource(ints = {-101, 45})
    void failedDisksAreItsFault(int exitStatus) {
        MasterHarness harness = waiting(3);
        for (int i = 0; i < 3; i++) {
            runAndEnd(harness, exitStatus);
        }
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
    }

    private void runAndEnd(MasterHarness harness, int exitStatus) {
        harness.allocate(++lastContainer, BAD, 0);
        harness.register(lastContainer);
        harness.disconnect(lastContainer);
        harness.complete(lastContainer, exitStatus);
    }

    @Test
    void isExcludedOnlyOnceThatIsDurable() {
        MasterHarness harness = waiting(3);
        failToStart(harness, BAD, 2);
        harness.holdFrom(JournalRecord::hasClusterLearnt);
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).isEmpty();
        harness.confirmHeld();
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
    }

    @Test
    void comesBackWithTimeAndIsExcludedTheSoonerIfItFailsAgain() {
        MasterHarness harness = waiting(3);
        failToStart(harness, BAD, 3);
        // YARN gives nothing else meanwhile, or the node would be needed.
        harness.allocate(9, "good:1", 0);
        harness.register(9);
        harness.passAlive(Duration.ofMinutes(9));
        assertThat(avoided(harness)).hasSize(1);
        harness.passAlive(Duration.ofMinutes(4));
        assertThat(avoided(harness)).containsExactly(excluding(BAD), takingBack(BAD));
        assertThat(harness.notices()).isEmpty();
        harness.disconnect(9);
        harness.complete(9, 137);
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).hasSize(2);
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).containsExactly(excluding(BAD), takingBack(BAD), excluding(BAD));
    }

    @Test
    void onlyAShareOfTheClusterIsExcludedAndTheWorstFirst() {
        MasterHarness harness = waiting(5);
        failToStart(harness, BAD, 2);
        failToStart(harness, WORSE, 5);
        failToStart(harness, BAD, 2);
        assertThat(avoided(harness)).containsExactly(excluding(WORSE));

        harness.tell(new MasterEvent.ClusterSized(6));
        assertThat(avoided(harness)).containsExactly(excluding(WORSE), excluding(BAD));
        harness.tell(new MasterEvent.ClusterSized(5));
        assertThat(avoided(harness)).last().isEqualTo(takingBack(BAD));
        harness.tell(new MasterEvent.ClusterSized(1));
        assertThat(avoided(harness)).last().isEqualTo(takingBack(WORSE));
    }

    @Test
    void onlyNodeIsNeverExcluded() {
        MasterHarness harness = waiting(1);
        failToStart(harness, BAD, 8);
        assertThat(avoided(harness)).isEmpty();
    }

    @Test
    void excludedNodeIsBetterThanNone() {
        MasterHarness harness = waiting(2);
        failToStart(harness, BAD, 3);
        harness.passAlive(Duration.ofSeconds(30)); // After a pause of 2 s a container is asked for.
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(avoided(harness)).containsExactly(excluding(BAD), takingBack(BAD));
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).hasSize(2);
        failToStart(harness, BAD, 1);
        assertThat(avoided(harness)).last().isEqualTo(excluding(BAD));
    }

    /** One that is waited for since long ago: the other nodes still have their time. */
    @Test
    void nodeIsNotTakenBackAsSoonAsItIsExcluded() {
        MasterHarness harness = MasterHarness.running();
        harness.tell(new MasterEvent.ClusterSized(3));
        harness.completeCheckpoint();
        for (int number : new int[] {1, 2}) {
            harness.disconnect(number);
            harness.complete(number, 137);
        }
        assertThat(harness.requestedContainers()).isEqualTo(4);
        failToStart(harness, BAD, 2);
        harness.passAlive(Duration.ofSeconds(17));
        harness.allocate(++lastContainer, BAD, 0);
        harness.passAlive(Duration.ofSeconds(70)); // It does not register, and another one is not given.
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
        harness.passAlive(Duration.ofSeconds(30));
        assertThat(avoided(harness)).containsExactly(excluding(BAD), takingBack(BAD));
    }

    @Test
    void standbyDoesNotNeedAnExcludedNode() {
        MasterHarness harness = new MasterHarness(1);
        harness.submitted(JOB, 3);
        harness.tell(new MasterEvent.ClusterSized(3));
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        failToStart(harness, BAD, 3);
        assertThat(avoided(harness)).containsExactly(excluding(BAD));
        int asked = harness.requestedContainers();
        harness.passAlive(Duration.ofMinutes(2));
        assertThat(harness.requestedContainers())
                .as("a standby is still asked for")
                .isGreaterThan(asked);
        assertThat(avoided(harness)).hasSize(1);
    }

    @Test
    void afterAThousandOnlyThoseThatWereExcludedBeforeAre() {
        MasterHarness harness = waiting(3);
        ClusterLearnt.Builder learnt = ClusterLearnt.newBuilder().addExcludedNodes(BAD);
        for (int node = 1; node < 1_000; node++) {
            learnt.addExcludedNodes("node" + node);
        }
        harness.journal.add(JournalRecord.newBuilder().setClusterLearnt(learnt).build());
        harness.crashMaster(true);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        harness.tell(new MasterEvent.ClusterSized(3));
        harness.pass(Duration.ofSeconds(6));
        failToStart(harness, WORSE, 4);
        failToStart(harness, BAD, 3);
        assertThat(avoided(harness)).last().isEqualTo(excluding(BAD));
        assertThat(avoided(harness)).doesNotContain(excluding(WORSE));
    }

    @Test
    void nodeThatYarnHasLostIsAsGoodAsAnyWhenItIsBack() {
        MasterHarness harness = waiting(3);
        failToStart(harness, BAD, 3);
        harness.tell(new MasterEvent.NodeLost(BAD, "It is LOST."));
        assertThat(avoided(harness)).containsExactly(excluding(BAD), takingBack(BAD));
        failToStart(harness, BAD, 2);
        assertThat(avoided(harness)).hasSize(2);
    }

    @Test
    void laterMasterTakesBackWhatEarlierOnesHaveExcluded() {
        MasterHarness harness = waiting(6);
        failToStart(harness, BAD, 3);
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        assertThat(avoided(harness)).isEmpty();
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        assertThat(avoided(harness)).containsExactly(takingBack(BAD));

        harness.tell(new MasterEvent.ClusterSized(6));
        failToStart(harness, WORSE, 3);
        assertThat(avoided(harness)).last().isEqualTo(excluding(WORSE));
        harness.crashMaster(false);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        assertThat(avoided(harness))
                .as("also what the master before the last one has excluded: nobody may have taken it back")
                .containsExactly(new MasterAction.AvoidNodes(List.of(), List.of(BAD, WORSE)));
    }
}
