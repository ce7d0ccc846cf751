package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * A job may have its state on the disk where the session's others have it in the heap: it gets executors whose heaps
 * leave memory to RocksDB. Executors have two slots.
 */
class StateOnDiskRoomTest {
    private static final JobId ON_DISK = new JobId("job-on-disk");
    private static final JobId LATER = new JobId("job-later");

    private static void submit(MasterHarness harness, JobId job, String backend, int parallelism) {
        harness.settings.put("selvage.state.backend", backend);
        harness.submitted(job, parallelism);
    }

    private static void start(MasterHarness harness, int number) {
        harness.allocate(number);
        harness.register(number);
    }

    /** A job whose state is in the heap, in one of the two slots of executor 1. */
    private static MasterHarness inHeap(int standby) {
        MasterHarness harness = new MasterHarness(standby);
        submit(harness, JOB, "heap", 1);
        start(harness, 1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        return harness;
    }

    private static boolean isFit(MasterHarness harness, int number) {
        return harness.of(
                        MasterAction.LaunchExecutor.class,
                        launch -> launch.executor().equals(executor(number)))
                .get(0)
                .fitForDisk();
    }

    /** Where the job was deployed last; none: it was not. */
    private static Set<String> executorsOf(MasterHarness harness, JobId job) {
        List<MasterAction.Send> deployed = harness.sent(
                message -> message.hasDeploy() && message.getDeploy().getJobId().equals(job.value()));
        return deployed.isEmpty()
                ? Set.of()
                : deployed.get(deployed.size() - 1).message().getDeploy().getSubtasksList().stream()
                        .map(SubtaskPlacement::getExecutorId)
                        .collect(Collectors.toSet());
    }

    private static List<MasterAction.Send> toldToEnd(MasterHarness harness, int number) {
        return harness.of(
                MasterAction.Send.class,
                send -> send.executor().equals(executor(number))
                        && send.message().hasShutdown());
    }

    @Test
    void executorsLeaveMemoryToRocksDbWhileAJobNeedsThat() {
        MasterHarness harness = inHeap(0);
        assertThat(isFit(harness, 1)).isFalse();
        submit(harness, ON_DISK, "rocksdb", 1);
        start(harness, 2);
        assertThat(isFit(harness, 2)).isTrue();
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.cancel(ON_DISK);
        harness.stopped(ON_DISK, 2, 1);
        submit(harness, LATER, "heap", 5);
        start(harness, 3);
        assertThat(isFit(harness, 3)).isFalse();
    }

    @Test
    void slotsOfExecutorsThatGaveAllToTheHeapAreForJobsInTheHeapAlone() {
        MasterHarness harness = inHeap(0);
        int before = harness.requestedContainers();
        submit(harness, ON_DISK, "rocksdb", 1);
        assertThat(executorsOf(harness, ON_DISK)).isEmpty();
        assertThat(harness.requestedContainers() - before).isEqualTo(1);
        start(harness, 2);
        assertThat(executorsOf(harness, ON_DISK)).containsExactly("container_2");

        submit(harness, LATER, "heap", 2);
        assertThat(executorsOf(harness, LATER)).containsExactlyInAnyOrder("container_1", "container_2");
        assertThat(harness.requestedContainers() - before).isEqualTo(1);
        assertThat(toldToEnd(harness, 1)).as("something runs there").isEmpty();
    }

    @Test
    void idleExecutorsThatGaveAllToTheHeapMakeWay() {
        MasterHarness harness = inHeap(1);
        start(harness, 2);
        assertThat(toldToEnd(harness, 2)).as("the standby").isEmpty();
        int before = harness.requestedContainers();
        submit(harness, ON_DISK, "rocksdb", 1);
        assertThat(toldToEnd(harness, 2)).hasSize(1);
        assertThat(harness.requestedContainers() - before)
                .as("for the job, and a standby for both")
                .isEqualTo(2);
        harness.complete(2, 0);
        start(harness, 3);
        start(harness, 4);
        assertThat(executorsOf(harness, ON_DISK)).hasSize(1).isSubsetOf("container_3", "container_4");
        harness.passAlive(Duration.ofSeconds(60));
        assertThat(toldToEnd(harness, 3)).isEmpty();
        assertThat(toldToEnd(harness, 4)).isEmpty();
        assertThat(harness.requestedContainers() - before).isEqualTo(2);
    }

    /** It was launched before the job came, and registers after. */
    @Test
    void whatIsStartingCountsForThoseThatItIsFitFor() {
        MasterHarness harness = new MasterHarness();
        submit(harness, JOB, "heap", 1);
        harness.allocate(1);
        int before = harness.requestedContainers();
        submit(harness, ON_DISK, "rocksdb", 2);
        assertThat(harness.requestedContainers() - before).isEqualTo(1);
        harness.register(1);
        assertThat(executorsOf(harness, JOB)).containsExactly("container_1");
        assertThat(executorsOf(harness, ON_DISK)).isEmpty();
        start(harness, 2);
        assertThat(executorsOf(harness, ON_DISK)).containsExactly("container_2");
    }

    /** Its executors go on with the state that they hold. */
    @Test
    void executorsOfAJobThatIsBeingRestartedMakeNoWay() {
        MasterHarness harness = inHeap(0);
        submit(harness, ON_DISK, "rocksdb", 1);
        start(harness, 2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        int before = harness.requestedContainers();
        harness.report(1, 1, 3, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        harness.stopped(JOB, 1, 1);
        assertThat(harness.phase()).as("the case at hand").isEqualTo(JobPhase.RESTARTING);
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(toldToEnd(harness, 1)).isEmpty();
        assertThat(executorsOf(harness, JOB)).containsExactly("container_1");
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.requestedContainers()).isEqualTo(before);
    }

    /** Also those that are launched before any job has come. */
    @Test
    void whereTheSessionHasThatBackendAllExecutorsAreFit() {
        MasterHarness harness = MasterHarness.ofSession(Map.of("selvage.state.backend", "rocksdb"));
        submit(harness, JOB, "heap", 1);
        harness.allocate(1);
        assertThat(isFit(harness, 1)).isTrue();
        int before = harness.requestedContainers();
        submit(harness, ON_DISK, "rocksdb", 1);
        assertThat(harness.requestedContainers()).isEqualTo(before);
        harness.register(1);
        assertThat(executorsOf(harness, ON_DISK)).containsExactly("container_1");
        assertThat(executorsOf(harness, JOB)).containsExactly("container_1");
    }

    @Test
    void executorsTellANewMaster() {
        MasterHarness harness = new MasterHarness();
        submit(harness, JOB, "rocksdb", 1);
        start(harness, 1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        var running = harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 1);
        harness.crashMaster(true);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1, running);
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        submit(harness, LATER, "rocksdb", 1);
        assertThat(executorsOf(harness, LATER)).containsExactly("container_1");
        assertThat(harness.requestedContainers()).isZero();
        assertThat(Map.copyOf(harness.connections)).containsOnlyKeys(executor(1));
    }
}
