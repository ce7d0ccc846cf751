package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SubtaskState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A job that has run is not ended because YARN has no containers for it, or none that start: it waits. */
class ShortageTest {
    private static MasterHarness withALoss() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.disconnect(2);
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 137, "Container 2 was killed by signal 9."));
        harness.stopped(1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        return harness;
    }

    private static void failToStart(MasterHarness harness, int number) {
        harness.allocate(number);
        harness.tell(new MasterEvent.ContainerCompleted(executor(number), -1000, "Its files could not be localized."));
    }

    private static void assertGoesOn(MasterHarness harness, int number) {
        harness.allocate(number);
        harness.register(number);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
    }

    private static List<String> alarmsRaised(MasterHarness harness) {
        return harness.of(MasterAction.Note.class).stream()
                .map(MasterAction.Note::line)
                .filter(line -> line.startsWith("ALARM"))
                .toList();
    }

    @Test
    void waitsHoweverManyExecutorsDoNotStart() {
        MasterHarness harness = withALoss();
        for (int container = 3; container < 15; container++) {
            failToStart(harness, container);
            harness.passAlive(Duration.ofSeconds(65));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.describe(JOB).getAlarm())
                .contains("2 of 3 slots")
                .contains("Its files could not be localized.");
        assertThat(alarmsRaised(harness)).hasSize(1);
        assertGoesOn(harness, 15);
    }

    @Test
    void tellsThatExecutorsDoNotStartAsSoonAsThatIsClear() {
        MasterHarness harness = withALoss();
        for (int container = 3; container < 8; container++) {
            failToStart(harness, container);
        }
        assertThat(harness.describe(JOB).getAlarm()).contains("Its files could not be localized.");
    }

    @Test
    void asksForContainersLessAndLessOften() {
        MasterHarness harness = withALoss();
        int container = 3;
        for (int second = 0; second < 600; second++) {
            if (harness.requestedContainers()
                    > harness.of(MasterAction.LaunchExecutor.class).size()) {
                failToStart(harness, container++);
            }
            harness.passAlive(Duration.ofSeconds(1));
        }
        assertThat(container - 3).isBetween(30, 45);
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
    }

    @Test
    void waitsForSlotsForAsLongAsItTakes() {
        MasterHarness harness = withALoss();
        harness.passAlive(Duration.ofSeconds(20));
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
        harness.passAlive(Duration.ofMinutes(20));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.describe(JOB).getAlarm()).contains("has waited for 1220 s");
        assertThat(alarmsRaised(harness)).hasSize(1);
        assertThat(harness.master.nextDeadlineNanos()).isGreaterThan(harness.nowNanos);
        assertGoesOn(harness, 3);
    }

    @Test
    void waitsUnderALaterMasterToo() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.crashMaster(false);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        harness.passAlive(Duration.ofMinutes(20));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        harness.allocate(3);
        harness.register(3);
        assertGoesOn(harness, 4);
    }

    @Test
    void cancelEndsTheWait() {
        MasterHarness harness = withALoss();
        harness.passAlive(Duration.ofMinutes(10));
        harness.cancel(JOB);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
    }
}
