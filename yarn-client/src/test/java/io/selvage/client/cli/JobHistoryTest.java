package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.SubtaskPart;
import io.selvage.protocol.wire.VertexDescription;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobHistoryTest {
    private static final Failure LOST = Failure.newBuilder()
            .setKind(FailureKind.EXECUTOR_LOST)
            .setMessage("Container 2 was killed for its memory.\nMore of it.")
            .addCauses("signal 9")
            .build();
    private static final JobDescription JOB = JobDescription.newBuilder()
            .setJobId("job-a")
            .setName("flights")
            .setPhase(JobPhase.RUNNING)
            .setRestarts(1)
            .setFailure(LOST)
            .addRecoveries(Recovery.newBuilder()
                    .setFailure(LOST)
                    .setDetectedMillis(86_400_000)
                    .setDeployedMillis(86_400_040)
                    .setRunningMillis(86_400_320)
                    .setIncarnation(2)
                    .setFromCheckpoint(41)
                    .setRecordsReplayed(20_000)
                    .setByStandby(true))
            .addRecoveries(Recovery.newBuilder().setFailure(LOST).setDetectedMillis(86_500_000))
            .build();

    @Test
    void tellsTheLastFailureWithItsCausesAndHowTheJobCameBackFromEach() {
        assertThat(JobHistory.inWords(JOB, false, 0)).isEqualTo("""
                        Job job-a "flights": running, 1 restart

                        The last failure, EXECUTOR_LOST:
                          Container 2 was killed for its memory.
                          More of it.
                          caused by signal 9

                        FAILED AT       BACK AFTER  INCARNATION  CHECKPOINT  REPLAYED  STANDBY  FAILURE
                        01-02 00:00:00  320 ms      2            41          20,000    yes      EXECUTOR_LOST: Container 2 was killed for its memory.
                        01-02 00:01:40  not yet     -            -           0         no       EXECUTOR_LOST: Container 2 was killed for its memory.""");
    }

    @Test
    void tellsThatNothingHasHappened() {
        assertThat(JobHistory.inWords(
                        JOB.toBuilder().clearFailure().clearRecoveries().build(), false, 0))
                .endsWith("This master has seen no failure of it.");
    }

    @Test
    void tellsWhatEachStepDoes() {
        VertexDescription.Builder read = VertexDescription.newBuilder()
                .setName("read")
                .setParallelism(2)
                .setRunning(2)
                .setRecordsOut(1_500)
                .setBusyPermille(95)
                .setBackPressuredPermille(905)
                .setIdlePermille(100)
                .setWatermarkMillis(86_400_000);
        VertexDescription.Builder count = VertexDescription.newBuilder()
                .setName("count")
                .setParallelism(4)
                .setRecordsIn(1_400);
        JobDescription job =
                JOB.toBuilder().addVertices(read).addVertices(count).build();
        assertThat(JobHistory.inWords(job, false, 86_401_500)).contains("""

                        STEP   RUN     IN     OUT    BUSY  BACK-PRESSURED  IDLE  EVENT TIME
                        read   2 of 2  0      1,500  10 %  91 %            10 %  1970-01-02 00:00:00 (1.5 s behind)
                        count  0 of 4  1,400  0      -     -               -     -
                        """);
        assertThat(JobHistory.inWords(job, false, Long.MAX_VALUE)).contains("1970-01-02 00:00:00\n");
        JobDescription ended = job.toBuilder()
                .setVertices(0, read.setWatermarkMillis(Long.MAX_VALUE))
                .build();
        assertThat(JobHistory.inWords(ended, false, 0)).contains("10 %  ended\n");
    }

    private static final VertexDescription SPREAD = VertexDescription.newBuilder()
            .setName("count")
            .setBytesIn(3_072)
            .setWatermarkMillis(86_400_000)
            .addSubtasks(SubtaskDescription.newBuilder()
                    .setExecutorId("container_2")
                    .setRecordsIn(1_400)
                    .setBytesIn(3_072)
                    .setRecordsLate(3)
                    .setBusyPermille(700)
                    .setIdlePermille(300)
                    .setWatermarkMillis(86_400_000))
            .addSubtasks(SubtaskDescription.newBuilder().setSubtask(1).setExecutorId("container_3"))
            .build();

    @Test
    void tellsWhatEachSubtaskDoes() {
        assertThat(JobSteps.subtasks(List.of(SPREAD), 86_401_500)).isEqualTo("""
                        STEP   SUBTASK  EXECUTOR     IN     OUT  BYTES IN  BYTES OUT  LATE  BUSY  BACK-PRESSURED  IDLE  EVENT TIME
                        count  0        container_2  1,400  0    3.0 KiB   0 B        3     70 %  0 %             30 %  1970-01-02 00:00:00 (1.5 s behind)
                        count  1        container_3  0      0    0 B       0 B        0     -     -               -     -""");
        assertThat(JobSteps.subtasks(List.of(VertexDescription.getDefaultInstance()), 0))
                .isEqualTo("No subtask has told anything yet.");
    }

    @Test
    void theJsonTellsHowFarEventTimeIsBehindOfEachSubtaskToo() {
        String json = Json.write(Reports.job(JOB.toBuilder().addVertices(SPREAD).build(), 86_401_500));
        assertThat(json).contains("\"bytes_in\": 3072", "\"watermark_lag_millis\": 1500", "\"records_late\": 3");
        assertThat(json.split("\"watermark_lag_millis\": 1500", -1)).hasSize(3);
        assertThat(json.split("\"watermark_lag_millis\": null", -1)).hasSize(2);
    }

    @Test
    void theJsonTellsHowLongElementsTakeToASink() {
        JobDescription job = JOB.toBuilder()
                .addVertices(VertexDescription.newBuilder().setId(1))
                .addVertices(VertexDescription.newBuilder()
                        .setId(2)
                        .addLatencies(SourceLatency.newBuilder()
                                .setSource(1)
                                .setMarkers(7)
                                .setMedianMicros(900)
                                .setP99Micros(2_000)
                                .setGreatestMicros(2_100)))
                .build();
        List<?> vertices = (List<?>) Reports.job(job).get("vertices");
        assertThat(((Map<?, ?>) vertices.get(0)).get("latencies")).isNull();
        assertThat(((Map<?, ?>) vertices.get(1)).get("latencies"))
                .isEqualTo(List.of(Map.of(
                        "source",
                        1,
                        "markers",
                        7L,
                        "median_micros",
                        900L,
                        "p99_micros",
                        2_000L,
                        "greatest_micros",
                        2_100L)));
    }

    private static final CheckpointDescription FAILED = CheckpointDescription.newBuilder()
            .setCheckpoint(41)
            .setState(CheckpointState.CHECKPOINT_FAILED)
            .setTriggerMillis(86_400_000)
            .setDurationMicros(60_000_000)
            .setReason("it was not stored in time")
            .setSlowest("Not acknowledged by container_2.")
            .build();
    private static final CheckpointDescription COMPLETE = CheckpointDescription.newBuilder()
            .setCheckpoint(42)
            .setState(CheckpointState.CHECKPOINT_COMPLETED)
            .setTriggerMillis(86_500_000)
            .setDurationMicros(2_300_000)
            .setPublishMicros(40_000)
            .setJournalMicros(30_000)
            .setBytes(2_048)
            .setStateBytes(4_096)
            .setSlowest("The longest part of 2.3 s was 1.9 s at join.")
            .addSubtasks(SubtaskPart.newBuilder().setAlignmentMicros(1_900_000).setFirstBarrierMicros(3_000))
            .addSubtasks(SubtaskPart.newBuilder().setUploadMicros(120_000).setSynchronousMicros(2_000))
            .build();

    @Test
    void tellsHowCheckpointsWentAndWhyTheNewestWasSlow() {
        assertThat(JobHistory.inWords(
                        JOB.toBuilder()
                                .clearFailure()
                                .clearRecoveries()
                                .addCheckpoints(FAILED)
                                .addCheckpoints(COMPLETE)
                                .build(),
                        false,
                        0))
                .endsWith("""
                        CHECKPOINT  BEGUN AT        IS        AFTER      BARRIER  ALIGNED  PAUSED  WROTE  UPLOADED  PUBLISHED  JOURNALED  ADDED    STATE
                        41          01-02 00:00:00  failed    1 min 0 s  0 ms     0 ms     0 ms    0 ms   0 ms      0 ms       0 ms       0 B      0 B
                        42          01-02 00:01:40  complete  2.3 s      3 ms     1.9 s    2 ms    0 ms   120 ms    40 ms      30 ms      2.0 KiB  4.0 KiB
                        Checkpoint 41 failed: it was not stored in time. Not acknowledged by container_2.
                        Checkpoint 42: The longest part of 2.3 s was 1.9 s at join.""");
    }

    @Test
    void tellsOfACheckpointThatWasTriggered() {
        assertThat(TriggerCheckpoint.inWords(COMPLETE))
                .isEqualTo("Checkpoint 42 is complete after 2.3 s: 2.0 KiB added, 4.0 KiB in all. The longest part of"
                        + " 2.3 s was 1.9 s at join.");
        assertThat(Json.write(TriggerCheckpoint.inJson("job-a", COMPLETE)))
                .contains("\"job_id\": \"job-a\", \"checkpoint\": 42", "\"duration_micros\": 2300000");
    }

    @Test
    void tellsWhereTheCheckpointIsThatOutlivesTheJob() {
        JobDescription canceled = JOB.toBuilder()
                .setPhase(JobPhase.CANCELED)
                .setRetainedCheckpoint("hdfs://nn/chk-1")
                .build();
        assertThat(JobEnd.inWords(canceled, false)).endsWith("""

                        Its last checkpoint is kept: hdfs://nn/chk-1
                          A job goes on from it with: scripts/selvage run --from hdfs://nn/chk-1""");
        assertThat(Json.write(Reports.job(canceled))).contains("\"retained_checkpoint\": \"hdfs://nn/chk-1\"");
    }

    @Test
    void recoveriesAreInTheJsonToo() {
        assertThat(Json.write(Reports.job(JOB)))
                .contains("\"recoveries\": [{\"detected_millis\": 86400000, ")
                .contains("\"from_checkpoint\": 41", "\"causes\": [\"signal 9\"]", "\"running_millis\": null");
    }
}
