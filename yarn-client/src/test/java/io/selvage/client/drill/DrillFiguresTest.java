package io.selvage.client.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.OutputDescription;
import io.selvage.protocol.wire.OutputPause;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SessionDescription;
import org.junit.jupiter.api.Test;

class DrillFiguresTest {
    private static final long FAULT = 10_000;

    @Test
    void taskFaultIsMeasuredFromTheFaultToTheFirstOutputOfEachSubtask() {
        JobDescription before = job(3).setLastCheckpoint(40)
                .setCheckpointsCompleted(40)
                .addOutputs(output(0, 0, 9_200))
                .addOutputs(output(1, 0, 9_900))
                .build();
        JobDescription after = job(4).setLastCheckpoint(43)
                .setCheckpointsCompleted(42)
                .addOutputs(output(0, 10_240, 14_000))
                .addOutputs(output(1, 10_180, 14_000))
                .addRecoveries(recovery(4))
                .build();
        DrillFigures figures = DrillFigures.of(
                Fault.KILL_TASK,
                "process 11",
                "executor-1",
                FAULT,
                new Look(session(1, 11, 12, 13), before),
                new Look(session(1, 12, 13, 14), after),
                11_100L);

        assertThat(figures.isRecovered()).isTrue();
        assertThat(figures.detected()).isEqualTo(20);
        assertThat(figures.recovered()).isEqualTo(190);
        assertThat(figures.outputGap()).isEqualTo(240);
        assertThat(figures.nextCheckpoint()).isEqualTo(1_100);
        assertThat(figures.recordsReplayed()).isEqualTo(7_000);
        assertThat(figures.checkpointsLost()).isEqualTo(1);
        assertThat(figures.restarts()).isEqualTo(1);
        assertThat(figures.processesKept()).isEqualTo(2);
        assertThat(figures.processes()).isEqualTo(2);
        assertThat(figures.byStandby()).isTrue();
    }

    @Test
    void masterFaultIsMeasuredByThePausesOfSubtasksThatGoOn() {
        JobDescription before = job(3).setLastCheckpoint(40)
                .setCheckpointsCompleted(40)
                .addOutputs(output(0, 500, 9_800))
                .build();
        JobDescription after = job(3).setLastCheckpoint(43)
                .setCheckpointsCompleted(42)
                .setAdoptedMillis(12_500)
                .setFirstCheckpointMillis(13_700)
                .addOutputs(output(0, 500, 15_000).toBuilder()
                        .addPauses(pause(8_000, 8_900))
                        .addPauses(pause(9_990, 10_035)))
                .build();
        DrillFigures figures = DrillFigures.of(
                Fault.KILL_AM,
                "process 1",
                "",
                FAULT,
                new Look(session(1, 11, 12), before),
                new Look(
                        session(2, 11, 12).toBuilder()
                                .setMasterMissedMillis(10_008)
                                .build(),
                        after),
                13_900L);

        assertThat(figures.detected()).isEqualTo(8);
        assertThat(figures.recovered()).isEqualTo(2_500);
        assertThat(figures.nextCheckpoint()).isEqualTo(3_700);
        assertThat(figures.outputGap()).as("not the pause before the fault").isEqualTo(45);
        assertThat(figures.checkpointsLost()).isEqualTo(1);
        assertThat(figures.restarts()).isZero();
        assertThat(figures.recordsReplayed()).isZero();
        assertThat(figures.processesKept()).isEqualTo(2);
    }

    @Test
    void jobThatIsNotBackIsNotSaidToBe() {
        Look look = new Look(session(1, 11), job(3).build());
        assertThat(DrillFigures.of(Fault.KILL_AM, "process 1", "", FAULT, look, look, null)
                        .isRecovered())
                .isFalse();
    }

    private static JobDescription.Builder job(long incarnation) {
        return JobDescription.newBuilder().setIncarnation(incarnation);
    }

    private static OutputDescription output(int subtask, long firstMillis, long lastMillis) {
        return OutputDescription.newBuilder()
                .setVertex(2)
                .setSubtask(subtask)
                .setFirstOutputMillis(firstMillis)
                .setLastOutputMillis(lastMillis)
                .build();
    }

    private static OutputPause pause(long fromMillis, long toMillis) {
        return OutputPause.newBuilder()
                .setFromMillis(fromMillis)
                .setToMillis(toMillis)
                .build();
    }

    private static Recovery recovery(long incarnation) {
        return Recovery.newBuilder()
                .setIncarnation(incarnation)
                .setDetectedMillis(FAULT + 20)
                .setRunningMillis(FAULT + 190)
                .setRecordsReplayed(7_000)
                .setByStandby(true)
                .build();
    }

    private static SessionDescription session(long epoch, long... pids) {
        SessionDescription.Builder session = SessionDescription.newBuilder().setEpoch(epoch);
        for (long pid : pids) {
            session.addExecutors(ExecutorDescription.newBuilder()
                    .setExecutorId("executor-" + (pid - 10))
                    .setPid(pid));
        }
        return session.build();
    }
}
