package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.MEMORY_MIB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An executor that YARN has ended for its memory comes back larger, within a bound. */
class MemoryLearntTest {
    private static final int PHYSICAL = -104;
    private static final String NODE = "node9:1";

    /** One of two executors is ended, and the job waits for another one. */
    private static MasterHarness exceeded(int exitStatus) {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        lose(harness, 2, exitStatus);
        return harness;
    }

    private static void lose(MasterHarness harness, int number, int exitStatus) {
        harness.disconnect(number);
        harness.complete(number, exitStatus);
    }

    /** The container that was asked for is there, and so is its executor. */
    private static void comeBack(MasterHarness harness, int number, long memoryMib) {
        harness.allocate(number, NODE, memoryMib);
        harness.register(number);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
    }

    private static long asked(MasterHarness harness) {
        return harness.last(MasterAction.RequestContainers.class).memoryMib();
    }

    private static String lastNote(MasterHarness harness, String part) {
        List<MasterAction.Note> notes =
                harness.of(MasterAction.Note.class, note -> note.line().contains(part));
        return notes.isEmpty() ? "" : notes.get(notes.size() - 1).line();
    }

    @ParameterizedTest
    @ValueSource(ints = {PHYSICAL, -103})
    void executorThatUsedMoreThanItHadComesBackLarger(int exitStatus) {
        MasterHarness harness = exceeded(exitStatus);
        assertThat(asked(harness)).isEqualTo(1_250);
        assertThat(lastNote(harness, "Those that follow")).contains("1250 MiB", "too little of 1000 MiB");
        assertThat(harness.notices())
                .singleElement()
                .asString()
                .contains("1250 MiB instead of 1000 MiB", "selvage.executor.memory");

        harness.allocate(3, NODE, 1_300);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).reserveMib())
                .as("the heap is that of what is set")
                .isEqualTo(300);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 43, 137, 143, -100, -101, -102, -105, -106, -1000})
    void otherEndsTeachNothing(int exitStatus) {
        MasterHarness harness = exceeded(exitStatus);
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
        assertThat(harness.journaled(JournalRecord::hasClusterLearnt)).isEmpty();
        assertThat(harness.notices()).isEmpty();
        harness.allocate(3, NODE, 1_024);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).reserveMib()).isZero();
    }

    @Test
    void executorsThatHadTheSameTeachOnce() {
        MasterHarness harness = exceeded(PHYSICAL);
        lose(harness, 1, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_250);
        assertThat(lastNote(harness, "Those that follow")).contains("more already, 1250 MiB");
    }

    @Test
    void roomDoublesUpToTheBoundAndNoFurther() {
        MasterHarness harness = exceeded(PHYSICAL);
        comeBack(harness, 3, 1_250);
        lose(harness, 3, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_500);
        comeBack(harness, 4, 1_500);
        lose(harness, 4, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(2_000);
        comeBack(harness, 5, 2_000);
        lose(harness, 5, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(2_000);
        assertThat(lastNote(harness, "Those that follow"))
                .contains("no more than its 2000 MiB", "selvage.executor.memory-growth");
    }

    @Test
    void askedForIsLargerThanWhatYarnHadRoundedUp() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1, NODE, 1_536);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        lose(harness, 1, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_786);
        harness.allocate(2, NODE, 1_792);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).reserveMib())
                .as("its heap had what was rounded up, and keeps it")
                .isEqualTo(256);

        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        harness.tell(new MasterEvent.ResourceManagerJoined(Map.of(), 4_096, ""));
        harness.pass(Duration.ofSeconds(6));
        assertThat(asked(harness)).isEqualTo(1_786);
        harness.allocate(3, NODE, 1_792);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).reserveMib()).isEqualTo(256);
    }

    @Test
    void neverMoreThanYarnGivesToAContainer() {
        MasterHarness harness = new MasterHarness();
        harness.tell(new MasterEvent.ResourceManagerJoined(Map.of(), 1_100, ""));
        harness.submitted(JOB, 1);
        harness.allocate(1, NODE, MEMORY_MIB);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        lose(harness, 1, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_100);
        comeBack(harness, 2, 1_100);
        lose(harness, 2, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_100);
        assertThat(lastNote(harness, "Those that follow")).contains("YARN gives at most 1100 MiB to a container");
    }

    @Test
    void whatWasAskedForAlreadyIsAskedForAgainLarger() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        lose(harness, 1, 137);
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
        lose(harness, 2, PHYSICAL);
        assertThat(harness.last(MasterAction.WithdrawRequests.class).count()).isEqualTo(2);
        assertThat(harness.last(MasterAction.RequestContainers.class))
                .isEqualTo(new MasterAction.RequestContainers(2, 1_250));
        assertThat(harness.requestedContainers())
                .as("two at first, and two now")
                .isEqualTo(4);
    }

    @Test
    void laterMasterGoesOnWithIt() {
        MasterHarness harness = exceeded(PHYSICAL);
        comeBack(harness, 3, 1_300);
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(
                new MasterEvent.ResourceManagerJoined(Map.of(executor(1), MEMORY_MIB, executor(3), 1_300L), 4_096, ""));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 0));
        harness.register(3, harness.stillRunning(3, SubtaskState.SUBTASK_RUNNING, 0));
        lose(harness, 1, PHYSICAL);
        assertThat(asked(harness))
                .as("it had less than what others had by then")
                .isEqualTo(1_250);
        lose(harness, 3, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_600);
    }

    @Test
    void withoutRoomForLargerOnesTheyAreAsBeforeForAWhile() {
        MasterHarness harness = exceeded(PHYSICAL);
        harness.passAlive(Duration.ofSeconds(29));
        assertThat(asked(harness)).isEqualTo(1_250);
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
        assertThat(lastNote(harness, "YARN has given no container")).contains("1250 MiB for 30.0 s");
        assertThat(harness.notices()).isEmpty();

        comeBack(harness, 3, MEMORY_MIB);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).reserveMib()).isZero();
        lose(harness, 3, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
        assertThat(lastNote(harness, "Those that follow")).contains("no room for larger ones");

        comeBack(harness, 4, MEMORY_MIB);
        harness.passAlive(Duration.ofMinutes(10));
        lose(harness, 4, 137);
        assertThat(asked(harness)).as("what was learnt is not forgotten").isEqualTo(1_250);
        assertThat(harness.journaled(JournalRecord::hasClusterLearnt)).hasSize(1);
    }

    /** It was on its way while the request for it was withdrawn. */
    @Test
    void smallerContainerIsNoAnswerToTheRequestForALargerOne() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        lose(harness, 1, 137);
        lose(harness, 2, PHYSICAL);
        assertThat(asked(harness)).isEqualTo(1_250);
        assertThat(harness.requestedContainers()).isEqualTo(4);

        harness.allocate(3, NODE, MEMORY_MIB);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).executor()).isEqualTo(executor(3));
        assertThat(harness.requestedContainers())
                .as("one of the two is not needed any more")
                .isEqualTo(3);
        harness.allocate(4, NODE, 1_250);
        assertThat(harness.last(MasterAction.LaunchExecutor.class).executor()).isEqualTo(executor(4));
        harness.register(3);
        harness.register(4);
        lose(harness, 3, PHYSICAL);
        assertThat(harness.requestedContainers())
                .as("none is outstanding that is not counted")
                .isEqualTo(4);
    }

    @Test
    void standbyThatIsNotGivenTellsNothingOfWhatJobsNeed() {
        MasterHarness harness = new MasterHarness(1);
        harness.submitted(JOB, 3);
        for (int number = 1; number <= 3; number++) {
            if (number == 3) {
                harness.reportAll(SubtaskState.SUBTASK_RUNNING);
            }
            harness.allocate(number);
            harness.register(number);
        }
        harness.completeCheckpoint();
        lose(harness, 2, PHYSICAL);
        harness.stopped(1, 1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        harness.passAlive(Duration.ofMinutes(2));
        assertThat(asked(harness)).as("for the next standby").isEqualTo(1_250);
        assertThat(lastNote(harness, "YARN has given no container")).isEmpty();
    }

    @Test
    void yarnThatIsAwayHasNotSaidThatThereIsNoRoom() {
        MasterHarness harness = exceeded(PHYSICAL);
        harness.passWithoutYarn(Duration.ofSeconds(40));
        harness.passAlive(Duration.ofSeconds(25));
        assertThat(asked(harness)).isEqualTo(1_250);
        harness.passAlive(Duration.ofSeconds(10));
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
    }

    @Test
    void laterMasterDoesNotForgetItForWantOfRoom() {
        MasterHarness harness = exceeded(PHYSICAL);
        harness.passAlive(Duration.ofSeconds(31));
        assertThat(asked(harness)).isEqualTo(MEMORY_MIB);
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(Map.of(executor(1), MEMORY_MIB), 4_096, ""));
        harness.pass(Duration.ofSeconds(6));
        assertThat(asked(harness)).isEqualTo(1_250);
    }

    @Test
    void killWhileNoMasterWasThereTeachesToo() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(Map.of(executor(1), MEMORY_MIB), 4_096, ""));
        harness.register(1, harness.stillRunning(1, SubtaskState.SUBTASK_RUNNING, 0));
        harness.complete(2, PHYSICAL);
        harness.complete(2, PHYSICAL); // YARN may say it twice.
        harness.passAlive(Duration.ofSeconds(6));
        assertThat(asked(harness)).isEqualTo(1_250);
        assertThat(lastNote(harness, "is gone")).contains("is not known any more");
    }

    @Test
    void isForgottenWithTheLastJob() {
        MasterHarness harness = exceeded(PHYSICAL);
        harness.cancel(JOB);
        harness.stopped(1, harness.lastDeploy().getIncarnation());
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.notices()).isEmpty();
        List<JournalRecord> records = harness.journaled(JournalRecord::hasClusterLearnt);
        assertThat(records).hasSize(2);
        assertThat(records.get(1).getClusterLearnt().getExecutorMemoryMib()).isZero();
    }
}
