package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.Following;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Executors that are kept ready for what may be lost. */
class StandbyTest {
    /** A job of parallelism 3 on executors 1 and 2, and executor 3 as its standby. */
    private static MasterHarness withStandby() {
        MasterHarness harness = new MasterHarness(1);
        run(harness);
        harness.allocate(3);
        harness.register(3);
        return harness;
    }

    private static void run(MasterHarness harness) {
        harness.submitted(JOB, 3);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
    }

    private static List<Follow> follows(MasterHarness harness, int number) {
        return harness.sent(MasterMessage::hasFollow).stream()
                .filter(send -> send.executor().equals(executor(number)))
                .map(send -> send.message().getFollow())
                .toList();
    }

    private static void following(MasterHarness harness, int number, long checkpoint, long bytes) {
        harness.tell(new MasterEvent.FollowingReported(
                executor(number),
                harness.connection(number),
                Following.newBuilder()
                        .setJobId(JOB.value())
                        .setCheckpoint(checkpoint)
                        .setBytes(bytes)
                        .build()));
    }

    private static ExecutorDescription describe(MasterHarness harness, int number) {
        RequestId request = new RequestId(2_000);
        harness.tell(new MasterEvent.SessionQueried(request, 0, 0));
        List<MasterAction.Reply> replies =
                harness.of(MasterAction.Reply.class, reply -> reply.request().equals(request));
        SessionDescription session =
                (SessionDescription) replies.get(replies.size() - 1).response();
        return session.getExecutorsList().stream()
                .filter(described ->
                        described.getExecutorId().equals(executor(number).value()))
                .findFirst()
                .orElseThrow();
    }

    // ---- having one ----

    @Test
    void isAskedForOnceTheJobRuns() {
        MasterHarness harness = new MasterHarness(1);
        harness.submitted(JOB, 3);
        assertThat(harness.requestedContainers()).isEqualTo(2);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        assertThat(harness.requestedContainers()).isEqualTo(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.requestedContainers()).isEqualTo(3);
        harness.allocate(3);
        harness.register(3);
        harness.allocate(4);
        assertThat(harness.last(MasterAction.ReleaseContainer.class).executor()).isEqualTo(executor(4));
    }

    @Test
    void isNotAskedForWhereItIsSwitchedOffOrTheJobIsNotRestarted() {
        assertThat(MasterHarness.running().requestedContainers()).isEqualTo(2);
        MasterHarness never = new MasterHarness(1);
        never.settings.put("selvage.restart.policy", "none");
        run(never);
        assertThat(never.requestedContainers()).isEqualTo(2);
    }

    @Test
    void isKeptAsLongAsAJobRuns() {
        MasterHarness harness = withStandby();
        harness.passAlive(Duration.ofMinutes(5));
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.passAlive(Duration.ofSeconds(29));
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.passAlive(Duration.ofSeconds(3));
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(3);
    }

    @Test
    void isThereForAnotherJobAndReplacedThen() {
        MasterHarness harness = withStandby();
        harness.submitted(new JobId("job-b"), 2);
        assertThat(harness.lastDeploy().getExecutorsList())
                .extracting(address -> address.getExecutorId())
                .containsExactlyInAnyOrder(executor(2).value(), executor(3).value());
        assertThat(harness.requestedContainers()).isEqualTo(4);
        assertThat(harness.lastMessage(MasterMessage::hasUnfollow).getUnfollow().getJobId())
                .isEqualTo(JOB.value());
    }

    @Test
    void jobRunsWithoutOneThatCanNotBeHad() {
        MasterHarness harness = new MasterHarness(1);
        run(harness);
        harness.passAlive(Duration.ofMinutes(10));
        assertThat(harness.describe(JOB).getIncarnation()).isEqualTo(1);
        assertThat(harness.of(MasterAction.Note.class, note -> note.line().contains("No standby executor")))
                .hasSize(1);
        assertThat(harness.requestedContainers()).isEqualTo(3);
    }

    // ---- following ----

    @Test
    void followsTheJobFromTheStartAndAfterEachCheckpoint() {
        MasterHarness harness = withStandby();
        assertThat(follows(harness, 3)).singleElement().satisfies(follow -> {
            assertThat(follow.getCheckpoint()).isZero();
            assertThat(follow.getGraphPath()).endsWith("graph.pb");
            assertThat(follow.getJobDirectory()).isEqualTo("hdfs://nn/root/app/job-a");
        });
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        assertThat(follows(harness, 3)).extracting(Follow::getCheckpoint).containsExactly(0L, 1L, 2L);
        assertThat(follows(harness, 3).get(2).getMetadataPath()).isEqualTo("hdfs://nn/metadata-2");
        assertThat(follows(harness, 3).get(2).getMetadata().isEmpty()).isFalse();
        harness.passAlive(Duration.ofMillis(500));
        assertThat(follows(harness, 3)).hasSize(3);
        assertThat(follows(harness, 1)).isEmpty();
    }

    @Test
    void letsGoOfAJobThatHasEnded() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        following(harness, 3, 1, 1_000);
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        assertThat(harness.sent(MasterMessage::hasUnfollow))
                .singleElement()
                .satisfies(send -> assertThat(send.executor()).isEqualTo(executor(3)));
        assertThat(describe(harness, 3).getStandbyBytes()).isZero();
    }

    @Test
    void isDescribedWithWhatItHoldsReady() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        following(harness, 3, 1, 123_456);
        assertThat(describe(harness, 3).getStandby()).isTrue();
        assertThat(describe(harness, 3).getStandbyBytes()).isEqualTo(123_456);
        assertThat(describe(harness, 1).getStandby()).isFalse();
    }

    @Test
    void executorsAreDescribedWithWhatTheirPortsHaveRefused() {
        MasterHarness harness = withStandby();
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(1),
                harness.connection(1),
                Heartbeat.newBuilder().setRefusedConnections(17).build()));
        assertThat(describe(harness, 1).getRefusedConnections()).isEqualTo(17);
        assertThat(describe(harness, 3).getRefusedConnections()).isZero();
    }

    @Test
    void goesOnUnderANewMaster() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1), executor(2), executor(3))));
        harness.register(3);
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1));
        harness.register(2, harness.stillRunning(2, SubtaskState.SUBTASK_RUNNING, 1));
        assertThat(follows(harness, 3)).extracting(Follow::getCheckpoint).containsExactly(1L);
        harness.passAlive(Duration.ofMinutes(2));
        assertThat(harness.requestedContainers()).isZero();
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
    }

    // ---- taking over ----

    @Test
    void takesOverWhatIsLostAndIsReplaced() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        following(harness, 3, 1, 1_000);
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getExecutorsList())
                .extracting(address -> address.getExecutorId())
                .containsExactly(executor(1).value(), executor(3).value());
        assertThat(harness.lastDeploy().getMetadata().isEmpty()).isFalse();
        assertThat(harness.describe(JOB).getRecoveries(0).getByStandby()).isTrue();
        assertThat(harness.requestedContainers()).as("the job comes back first").isEqualTo(3);
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.requestedContainers()).as("and catches up").isEqualTo(3);
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.requestedContainers()).isEqualTo(4);
        assertThat(harness.sent(MasterMessage::hasUnfollow)).isEmpty();
        assertThat(describe(harness, 3).getStandbyBytes()).isZero();
    }

    /** The streams of two executors to the master are not in order: a survivor may be the first to tell of a loss. */
    @Test
    void isReplacedAsLateIfASurvivorHasToldOfTheLossFirst() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        harness.report(
                1,
                1,
                2,
                0,
                SubtaskState.SUBTASK_FAILED,
                failure(FailureKind.EXECUTOR_LOST, "The connection to executor 2 has broken.").toBuilder()
                        .setExecutorId(executor(2).value())
                        .build());
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        harness.passAlive(Duration.ofSeconds(4));
        assertThat(harness.requestedContainers()).isEqualTo(3);
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.requestedContainers()).isEqualTo(4);
    }

    @Test
    void oneThatHasFollowedTheJobIsPreferred() {
        MasterHarness harness = new MasterHarness(2);
        run(harness);
        harness.register(3);
        harness.register(4);
        harness.completeCheckpoint();
        following(harness, 4, 1, 1_000);
        harness.disconnect(2);
        assertThat(harness.lastDeploy().getExecutorsList())
                .extracting(address -> address.getExecutorId())
                .containsExactly(executor(1).value(), executor(4).value());
    }

    @Test
    void followsOnWhileAFailedJobRestarts() {
        MasterHarness harness = withStandby();
        harness.completeCheckpoint();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.passAlive(Duration.ofSeconds(1));
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        assertThat(follows(harness, 3)).extracting(Follow::getCheckpoint).containsExactly(0L, 1L, 2L);
        assertThat(harness.sent(MasterMessage::hasUnfollow)).isEmpty();
    }

    // ---- failed starts ----

    @Test
    void executorsThatNeverStartAreAskedForEverMoreRarely() {
        MasterHarness harness = new MasterHarness(1);
        run(harness);
        int allocated = 2;
        for (int second = 0; second < 200; second++) {
            if (harness.requestedContainers() > allocated) {
                allocated++;
                harness.allocate(allocated);
                harness.tell(new MasterEvent.ContainerCompleted(executor(allocated), 1, "The process ended with 1."));
            }
            harness.passAlive(Duration.ofSeconds(1));
        }
        assertThat(allocated).isBetween(2 + 7, 2 + 10);
        assertThat(harness.describe(JOB).getIncarnation()).isEqualTo(1);
    }

    @Test
    void containerThatIsAllocatedAgainAfterItWasGivenBackIsGivenBackAgain() {
        MasterHarness harness = new MasterHarness(1);
        run(harness);
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.allocate(3);
        harness.allocate(3);
        assertThat(harness.of(MasterAction.ReleaseContainer.class))
                .extracting(MasterAction.ReleaseContainer::executor)
                .containsExactly(executor(3), executor(3));
    }
}
