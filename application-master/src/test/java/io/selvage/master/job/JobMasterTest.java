package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.ExitCode;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.AlignedGroup;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OutputPause;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.VertexDescription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobMasterTest {
    // ---- the way without faults ----

    @Test
    void runsJobFromSubmissionToItsEnd() {
        MasterHarness harness = MasterHarness.running();
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        harness.completeCheckpoint();
        assertThat(harness.sent(MasterMessage::hasComplete)).hasSize(2);

        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHING);
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getTerminal())
                .isTrue();
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete().getTerminal())
                .isTrue();

        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
        assertThat(harness.last(MasterAction.DeleteJobFiles.class).job()).isEqualTo(JOB);
        assertThat(harness.journaled(JournalRecord::hasJobEnded)).hasSize(1);
    }

    @Test
    void asksForContainersThatTheJobNeedsAndReleasesTheRest() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 3);
        assertThat(harness.requestedContainers()).isEqualTo(2);
        harness.allocate(1);
        harness.allocate(2);
        harness.allocate(3);
        assertThat(harness.of(MasterAction.LaunchExecutor.class)).hasSize(2);
        assertThat(harness.of(MasterAction.ReleaseContainer.class))
                .extracting(MasterAction.ReleaseContainer::executor)
                .containsExactly(executor(3));
    }

    @Test
    void placesSubtaskOfEachVertexIntoTheSlotOfItsNumberAndSpreadsSlots() {
        MasterHarness harness = MasterHarness.running();
        Deploy deploy = harness.lastDeploy();
        assertThat(deploy.getSubtasksList()).hasSize(7);
        assertThat(deploy.getExecutorsList()).hasSize(2);
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            ExecutorId expected = executor(placement.getSubtask() % 2 == 0 ? 1 : 2);
            assertThat(placement.getExecutorId()).isEqualTo(expected.value());
        }
    }

    @Test
    void tellsNoTaskOfAnIncarnationBeforeItIsDurable() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.journalHeld = true;
        harness.register(1);
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(1);
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(1);
    }

    @Test
    void acceptsSubmissionOnlyOnceItIsDurable() {
        MasterHarness harness = new MasterHarness();
        harness.journalHeld = true;
        RequestId request = harness.submit(JOB);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        assertThat(harness.of(MasterAction.Reply.class)).isEmpty();
        harness.confirmHeld();
        assertThat(((SubmitJobResponse) harness.reply(request)).getRefusal()).isEmpty();
    }

    @Test
    void acceptsTheSameSubmissionTwiceAndRunsItOnce() {
        MasterHarness harness = new MasterHarness();
        RequestId first = harness.submit(JOB);
        RequestId second = harness.submit(JOB);
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        RequestId third = harness.submit(JOB);
        for (RequestId request : List.of(first, second, third)) {
            assertThat(((SubmitJobResponse) harness.reply(request)).getRefusal())
                    .isEmpty();
        }
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
        assertThat(harness.of(MasterAction.LoadGraph.class)).hasSize(1);
    }

    @Test
    void refusesGraphWithoutVerticesAndSettingsThatAreUnknown() {
        MasterHarness harness = new MasterHarness();
        RequestId empty = harness.submit(JOB);
        harness.tell(new MasterEvent.GraphLoaded(JOB, JobGraphMessage.getDefaultInstance()));
        assertThat(((SubmitJobResponse) harness.reply(empty)).getRefusal()).contains("no vertex");
        harness.settings.put("selvage.checkpoint.intervall", "1s");
        RequestId unknown = harness.submit(JOB);
        assertThat(((SubmitJobResponse) harness.reply(unknown)).getRefusal()).contains("selvage.checkpoint.interval");
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).isEmpty();
    }

    @Test
    void refusesStateOnTheDiskInASessionThatKeepsNoMemoryForIt() {
        MasterHarness harness = MasterHarness.ofSession(Map.of("selvage.executor.rocksdb-share", "0"));
        harness.settings.put("selvage.state.backend", "rocksdb");
        RequestId onDisk = harness.submit(JOB);
        assertThat(((SubmitJobResponse) harness.reply(onDisk)).getRefusal())
                .contains("selvage.state.backend is rocksdb", "selvage.executor.rocksdb-share is 0");
        assertThat(harness.of(MasterAction.LoadGraph.class)).isEmpty();
        harness.settings.put("selvage.state.backend", "heap");
        harness.submitted(JOB, 1);
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
    }

    @Test
    void sumsCountersOfTheIncarnationThatRuns() {
        MasterHarness harness = MasterHarness.running();
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(1),
                harness.connection(1),
                Heartbeat.newBuilder()
                        .setSequence(4)
                        .addCounters(counters(1, 2, 0).setRecordsRead(10))
                        .addCounters(counters(1, 2, 2).setRecordsRead(5))
                        .addCounters(counters(9, 2, 1).setRecordsRead(100))
                        .build()));
        assertThat(harness.describe(JOB).getRecordsRead()).isEqualTo(15);
        assertThat(harness.lastMessage(MasterMessage::hasHeartbeat)
                        .getHeartbeat()
                        .getSequence())
                .isEqualTo(4);
    }

    @Test
    void describesTheOutputOfEachSubtaskOfASink() {
        MasterHarness harness = MasterHarness.running();
        harness.tell(new MasterEvent.HeartbeatReceived(
                executor(2),
                harness.connection(2),
                Heartbeat.newBuilder()
                        .addCounters(counters(1, 2, 1).setRecordsRead(10))
                        .addCounters(counters(1, 3, 1)
                                .setFirstOutputMillis(100)
                                .setLastOutputMillis(900)
                                .addPauses(OutputPause.newBuilder()
                                        .setFromMillis(300)
                                        .setToMillis(700)))
                        .build()));
        assertThat(harness.describe(JOB).getOutputsList()).singleElement().satisfies(output -> {
            assertThat(output.getVertex()).isEqualTo(3);
            assertThat(output.getSubtask()).isEqualTo(1);
            assertThat(output.getExecutorId()).isEqualTo(executor(2).value());
            assertThat(output.getFirstOutputMillis()).isEqualTo(100);
            assertThat(output.getLastOutputMillis()).isEqualTo(900);
            assertThat(output.getPausesList()).hasSize(1);
        });
    }

    @Test
    void tellsWhatEachSubtaskDoes() {
        MasterHarness harness = MasterHarness.running();
        heartbeat(
                harness,
                2,
                counters(1, 2, 1)
                        .setRecordsIn(7)
                        .setBytesIn(700)
                        .setBytesOut(70)
                        .setBusyPermille(900)
                        .setWatermarkMillis(5_000));
        heartbeat(harness, 1, counters(1, 2, 0).setBytesIn(1).setWatermarkMillis(Long.MIN_VALUE));
        VertexDescription vertex = harness.describe(JOB).getVerticesList().stream()
                .filter(each -> each.getId() == 2)
                .findFirst()
                .orElseThrow();
        assertThat(vertex.getBytesIn()).isEqualTo(701);
        assertThat(vertex.getBytesOut()).isEqualTo(70);
        assertThat(vertex.getSubtasksList())
                .extracting(
                        SubtaskDescription::getSubtask,
                        SubtaskDescription::getExecutorId,
                        SubtaskDescription::getState,
                        SubtaskDescription::getBytesIn,
                        SubtaskDescription::hasWatermarkMillis)
                .containsExactly(
                        tuple(0, executor(1).value(), SubtaskState.SUBTASK_RUNNING, 1L, false),
                        tuple(1, executor(2).value(), SubtaskState.SUBTASK_RUNNING, 700L, true));
    }

    private static SubtaskCounters.Builder aligned(int subtask, long millis) {
        return counters(1, 2, subtask).setAlignmentGroup("both").setAlignedMillis(millis);
    }

    /** What the executor hears in answer. */
    private static List<AlignedGroup> heartbeat(
            MasterHarness harness, int executor, SubtaskCounters.Builder... counters) {
        Heartbeat.Builder heartbeat = Heartbeat.newBuilder();
        for (SubtaskCounters.Builder each : counters) {
            heartbeat.addCounters(each);
        }
        harness.tell(
                new MasterEvent.HeartbeatReceived(executor(executor), harness.connection(executor), heartbeat.build()));
        return harness.lastMessage(MasterMessage::hasHeartbeat).getHeartbeat().getGroupsList();
    }

    @Test
    void tellsSourcesOfAGroupHowFarItsLeastIsOnceAllHaveBeenHeardOf() {
        MasterHarness harness = MasterHarness.running();
        assertThat(heartbeat(harness, 1, aligned(0, 500), aligned(2, 300)))
                .as("nothing is known of one")
                .isEmpty();
        AlignedGroup.Builder both = AlignedGroup.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(1)
                .setGroup("both");
        assertThat(heartbeat(harness, 2, aligned(1, 400)))
                .containsExactly(both.setLeastMillis(300).build());
        assertThat(heartbeat(harness, 1, aligned(0, 600), aligned(2, Long.MAX_VALUE), counters(1, 3, 0)))
                .containsExactly(both.setLeastMillis(400).build());
        assertThat(heartbeat(harness, 1, counters(1, 3, 0)))
                .as("who is in no group is told nothing")
                .isEmpty();
        assertThat(heartbeat(harness, 1, aligned(0, 1).setIncarnation(9)))
                .as("that incarnation does not run")
                .isEmpty();
    }

    private static SubtaskCounters.Builder counters(long incarnation, int vertex, int subtask) {
        return SubtaskCounters.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(incarnation)
                .setVertex(vertex)
                .setSubtask(subtask);
    }

    @Test
    void tellsExecutorsOfFinishedJobToLetGoOfIt() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.sent(MasterMessage::hasStop))
                .extracting(MasterAction.Send::executor)
                .containsExactlyInAnyOrder(executor(1), executor(2));
    }

    @Test
    void knowsTheEndOfTheOldestJobThoughManyYoungerOnesHaveEnded() {
        MasterHarness harness = MasterHarness.running();
        for (int number = 0; number < JournaledState.MAX_ENDED_JOBS; number++) {
            harness.pass(Duration.ofMillis(1));
            JobId younger = new JobId("job-younger-" + number);
            harness.submitted(younger, 4); // More slots than are free: it never runs.
            harness.cancel(younger);
        }
        harness.pass(Duration.ofMillis(1));
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        harness.crashMaster(true);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    // ---- checkpoints ----

    @Test
    void triggersNoCheckpointBeforeEverySubtaskRuns() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.register(1);
        harness.report(1, 1, 1, 0, SubtaskState.SUBTASK_RUNNING, Failure.getDefaultInstance());
        harness.passAlive(INTERVAL.multipliedBy(3));
        assertThat(harness.sent(MasterMessage::hasTrigger)).isEmpty();
        assertThat(harness.phase()).isEqualTo(JobPhase.DEPLOYING);
    }

    @Test
    void tellsNoTaskOfACheckpointBeforeItIsDurable() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(harness.sent(MasterMessage::hasComplete)).isEmpty();
        assertThat(harness.of(MasterAction.SweepCheckpoints.class)).isEmpty();
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasComplete)).hasSize(2);
        assertThat(harness.of(MasterAction.SweepCheckpoints.class)).hasSize(1);
    }

    @Test
    void refusesAcknowledgementsOfOtherIncarnationsCheckpointsAndStreams() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.acknowledge(1, 1, 1);
        harness.acknowledge(1, 1, 1);
        harness.acknowledge(2, 2, 1);
        harness.acknowledge(2, 1, 2);
        harness.connections.put(executor(2), new ConnectionId(99));
        harness.acknowledge(2, 1, 1);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
    }

    @Test
    void abortsDeclinedCheckpointAndGoesOnWithTheNextNumber() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.decline(1, 1, 1);
        assertThat(harness.sent(MasterMessage::hasAbort)).hasSize(2);
        harness.acknowledge(2, 1, 1);
        harness.completeCheckpoint();
        assertThat(harness.lastMessage(MasterMessage::hasComplete).getComplete().getCheckpoint())
                .isEqualTo(2);
        assertThat(harness.describe(JOB).getCheckpointsFailed()).isEqualTo(1);
    }

    @Test
    void abortsCheckpointThatIsNotStoredInTime() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.acknowledge(1, 1, 1);
        harness.passAlive(Duration.ofSeconds(10));
        assertThat(harness.sent(MasterMessage::hasAbort)).hasSize(2);
        harness.acknowledge(2, 1, 1);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
    }

    @Test
    void keepsTheJobRunningHoweverOftenItsCheckpointsFail() {
        MasterHarness harness = MasterHarness.running();
        for (int checkpoint = 1; checkpoint <= 50; checkpoint++) {
            harness.passAlive(INTERVAL);
            harness.decline(1, 1, checkpoint);
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        assertThat(harness.describe(JOB).getCheckpointsFailed()).isEqualTo(50);
        assertThat(harness.describe(JOB).getRestarts()).isZero();
    }

    @Test
    void raisesAnAlarmWhenNoCheckpointCompletesAndTakesItBackWhenOneDoes() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
        int checkpoint = 2;
        for (Duration passed = Duration.ZERO; passed.toSeconds() < 40; passed = passed.plus(INTERVAL)) {
            harness.passAlive(INTERVAL);
            harness.decline(1, 1, checkpoint);
            checkpoint++;
        }
        assertThat(harness.describe(JOB).getAlarm())
                .startsWith("No checkpoint has been completed for ")
                .contains("declined");
        harness.completeCheckpoint();
        assertThat(harness.describe(JOB).getAlarm()).isEmpty();
        assertThat(harness.of(MasterAction.Note.class))
                .extracting(MasterAction.Note::line)
                .filteredOn(line -> line.startsWith("ALARM"))
                .hasSize(1);
        harness.passAlive(Duration.ofSeconds(40));
        assertThat(harness.describe(JOB).getAlarm())
                .as("what was wrong before is over")
                .contains("it was not stored in time");
    }

    @Test
    void keepsOnlyTheNewestCompleteCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.completeCheckpoint();
        MasterAction.SweepCheckpoints sweep = harness.last(MasterAction.SweepCheckpoints.class);
        assertThat(sweep.newest().value()).isEqualTo(2);
        assertThat(sweep.kept()).isEqualTo(Set.of(sweep.newest()));
    }

    @Test
    void refusesTheEndOfASubtaskBeforeTheTerminalCheckpoint() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.report(1, 1, 1, 0, SubtaskState.SUBTASK_FINISHED, Failure.getDefaultInstance());
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getKind()).isEqualTo(FailureKind.FATAL);
    }

    @Test
    void takesTheTerminalCheckpointAgainIfItFails() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.decline(1, 1, 1);
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getCheckpoint())
                .isEqualTo(2);
        assertThat(harness.lastMessage(MasterMessage::hasTrigger).getTrigger().getTerminal())
                .isTrue();
    }

    // ---- failures ----

    @Test
    void restartsFromTheLastCheckpointWhenASubtaskFails() {
        MasterHarness harness = MasterHarness.running();
        harness.completeCheckpoint();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        assertThat(harness.phase()).isEqualTo(JobPhase.RESTARTING);
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        harness.passAlive(Duration.ofSeconds(1));
        Deploy deploy = harness.lastDeploy();
        assertThat(deploy.getIncarnation()).isEqualTo(2);
        assertThat(deploy.getRestoreCheckpoint()).isEqualTo(1);
        assertThat(deploy.getRestoreMetadataPath()).isEqualTo("hdfs://nn/metadata-1");
    }

    @Test
    void abortsCheckpointAndReplacesTheContainerWhenAnExecutorIsLost() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.acknowledge(1, 1, 1);
        harness.disconnect(2);
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 137, "Container 2 was killed by signal 9."));
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("signal 9");
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.phase()).isEqualTo(JobPhase.WAITING_FOR_RESOURCES);
        assertThat(harness.requestedContainers()).isEqualTo(3);
        harness.allocate(3);
        harness.register(3);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isZero();
        harness.acknowledge(1, 1, 1);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).isEmpty();
    }

    @Test
    void countsACheckpointWhoseRecordWasOnItsWayWhenTheJobFailed() {
        MasterHarness harness = MasterHarness.running();
        harness.passAlive(INTERVAL);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.disconnect(2);
        harness.allocate(3);
        harness.register(3);
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(1);
        harness.confirmHeld();
        harness.passAlive(Duration.ofSeconds(1));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
        assertThat(harness.lastDeploy().getRestoreCheckpoint()).isEqualTo(1);
        assertThat(harness.sent(MasterMessage::hasComplete)).isEmpty();
    }

    @Test
    void losesAnExecutorThatIsSilent() {
        MasterHarness harness = MasterHarness.running();
        harness.connections.remove(executor(2));
        harness.passAlive(Duration.ofSeconds(6));
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("silent");
        assertThat(harness.last(MasterAction.ReleaseContainer.class).executor()).isEqualTo(executor(2));
    }

    /** Where YARN can't end it, it would else miss the master's echoes, and ask for another master. */
    @Test
    void tellsAnExecutorThatItGivesUpAndCutsItOff() {
        MasterHarness harness = MasterHarness.running();
        harness.connections.remove(executor(2));
        harness.passAlive(Duration.ofSeconds(6));
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(1);
        assertThat(harness.last(MasterAction.Disconnect.class).executor()).isEqualTo(executor(2));
    }

    @Test
    void doesNotBlameExecutorsForItsOwnPause() {
        MasterHarness harness = MasterHarness.running();
        harness.pass(Duration.ofSeconds(20));
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
    }

    @Test
    void failsWithTheCauseWhenTheRestartPolicyIsExhausted() {
        MasterHarness harness = new MasterHarness();
        harness.settings.put("selvage.restart.attempts", "2");
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.register(1);
        for (int incarnation = 1; incarnation <= 3; incarnation++) {
            assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(incarnation);
            harness.reportAll(SubtaskState.SUBTASK_RUNNING);
            harness.report(
                    1, incarnation, 3, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
            harness.passAlive(Duration.ofSeconds(1));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage())
                .contains("It threw.")
                .contains("restarted 2 times");
        assertThat(harness.journaled(JournalRecord::hasJobEnded)
                        .get(0)
                        .getJobEnded()
                        .getFailure()
                        .getMessage())
                .contains("It threw.");
    }

    @ParameterizedTest
    @EnumSource(
            value = FailureKind.class,
            names = {"BAD_INPUT", "FATAL"})
    void doesNotRestartWhatCanNotGetBetter(FailureKind kind) {
        MasterHarness harness = MasterHarness.running();
        harness.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(kind, "flights.csv, line 3, column 2."));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage()).isEqualTo("flights.csv, line 3, column 2.");
    }

    @Test
    void failsJobForWhichNoExecutorCanBeStarted() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        for (int container = 1; container <= 5; container++) {
            harness.allocate(container);
            harness.tell(new MasterEvent.ContainerCompleted(executor(container), 1, "The process ended with 1."));
        }
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("The process ended with 1.");
    }

    @Test
    void failsJobThatGetsNoSlots() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 4);
        harness.allocate(1);
        harness.register(1);
        harness.passAlive(Duration.ofMinutes(6));
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        assertThat(harness.describe(JOB).getFailure().getMessage()).contains("needs 4 slots");
    }

    @Test
    void failsIncarnationThatDoesNotComeUp() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.register(1);
        harness.passAlive(Duration.ofMinutes(5).plusSeconds(1));
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    @Test
    void usesUpTheIncarnationOfAnExecutorLostBeforeItsRecordWasDurable() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.journalHeld = true;
        harness.register(1);
        harness.disconnect(1);
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        harness.allocate(2);
        harness.register(2);
        assertThat(harness.lastDeploy().getIncarnation()).isEqualTo(2);
    }

    // ---- cancel ----

    @Test
    void cancelsRunningJobOnceItsSubtasksHaveStopped() {
        MasterHarness harness = MasterHarness.running();
        RequestId request = harness.cancel(JOB);
        assertThat(refusal(harness, request)).isEmpty();
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        harness.stopped(1, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELING);
        harness.stopped(2, 1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(refusal(harness, harness.cancel(JOB))).isEmpty();
    }

    @Test
    void cancelsWaitingDeployingAndRestartingJobs() {
        MasterHarness waiting = new MasterHarness();
        waiting.submitted(JOB, 1);
        waiting.cancel(JOB);
        assertThat(waiting.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(waiting.requestedContainers()).isZero();

        MasterHarness deploying = new MasterHarness();
        deploying.submitted(JOB, 1);
        deploying.allocate(1);
        deploying.register(1);
        deploying.cancel(JOB);
        assertThat(deploying.phase()).isEqualTo(JobPhase.CANCELING);
        deploying.stopped(1, 1);
        assertThat(deploying.phase()).isEqualTo(JobPhase.CANCELED);

        MasterHarness restarting = MasterHarness.running();
        restarting.report(1, 1, 2, 0, SubtaskState.SUBTASK_FAILED, failure(FailureKind.USER_CODE, "It threw."));
        restarting.cancel(JOB);
        restarting.stopped(1, 1);
        restarting.stopped(2, 1);
        assertThat(restarting.phase()).isEqualTo(JobPhase.CANCELED);
    }

    @Test
    void doesNotDeployAnIncarnationWhoseRecordWasOnItsWayWhenTheJobWasCancelled() {
        MasterHarness harness = new MasterHarness();
        harness.submitted(JOB, 1);
        harness.allocate(1);
        harness.journalHeld = true;
        harness.register(1);
        harness.cancel(JOB);
        harness.confirmHeld();
        assertThat(harness.sent(MasterMessage::hasDeploy)).isEmpty();
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
    }

    @Test
    void answersCancelOnlyOnceItIsDurable() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        RequestId first = harness.cancel(JOB);
        harness.cancel(JOB);
        assertThat(harness.of(MasterAction.Reply.class, reply -> reply.request().equals(first)))
                .isEmpty();
        assertThat(harness.sent(MasterMessage::hasStop)).isEmpty();
        harness.confirmHeld();
        assertThat(refusal(harness, first)).isEmpty();
        assertThat(harness.sent(MasterMessage::hasStop)).hasSize(2);
        assertThat(harness.journaled(JournalRecord::hasJobCancelRequested)).hasSize(1);
    }

    @Test
    void cancelsJobWhoseExecutorDoesNotStop() {
        MasterHarness harness = MasterHarness.running();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.passAlive(Duration.ofSeconds(41));
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(harness.of(MasterAction.ReleaseContainer.class))
                .extracting(MasterAction.ReleaseContainer::executor)
                .contains(executor(2));
    }

    @Test
    void refusesToCancelOnceTheLastCheckpointIsDecided() {
        MasterHarness harness = MasterHarness.running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.journalHeld = true;
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        assertThat(refusal(harness, harness.cancel(JOB))).contains("finishing");
        harness.confirmHeld();
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
        assertThat(refusal(harness, harness.cancel(JOB))).contains("FINISHED");
    }

    @Test
    void refusesToCancelWhatItDoesNotKnow() {
        MasterHarness harness = new MasterHarness();
        assertThat(refusal(harness, harness.cancel(new JobId("job-b")))).contains("selvage list");
    }

    private static String refusal(MasterHarness harness, RequestId request) {
        return ((CancelJobResponse) harness.reply(request)).getRefusal();
    }

    // ---- the journal and the session ----

    @Test
    void endsTheProcessWhenItIsFenced() {
        MasterHarness harness = MasterHarness.running();
        harness.tell(new MasterEvent.JournalFenced("Epoch 2 has written slot 9."));
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.FENCED);
        int before = harness.actions.size();
        harness.cancel(JOB);
        harness.passAlive(Duration.ofMinutes(1));
        assertThat(harness.actions).hasSize(before);
    }

    @Test
    void compactsTheJournal() {
        MasterHarness harness = MasterHarness.running();
        for (int checkpoint = 0; checkpoint < 2 * Outbox.RECORDS_PER_SNAPSHOT; checkpoint++) {
            harness.completeCheckpoint();
        }
        List<JournalRecord> snapshots = harness.journaled(JournalRecord::hasSnapshot);
        assertThat(snapshots).hasSize(2);
        JournaledState replayed = JournaledState.replay(snapshots.subList(1, 2));
        assertThat(replayed.jobs()).hasSize(1);
        assertThat(replayed.epoch().getEpoch()).isEqualTo(1);
    }

    @Test
    void stopsTheSessionInOrder() {
        MasterHarness harness = MasterHarness.running();
        harness.stopSession();
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        RequestId late = harness.submit(new JobId("job-late"));
        assertThat(((SubmitJobResponse) harness.reply(late)).getRefusal()).contains("stopped");
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(2);
        harness.tell(new MasterEvent.ContainerCompleted(executor(1), 0, "It ended with 0."));
        assertThat(harness.of(MasterAction.Unregister.class)).isEmpty();
        harness.tell(new MasterEvent.ContainerCompleted(executor(2), 0, "It ended with 0."));
        assertThat(harness.last(MasterAction.Unregister.class).status()).isEqualTo(FinalStatus.SUCCEEDED);
        // Another attempt would find no journal.
        assertThat(harness.of(MasterAction.DeleteSessionFiles.class)).isEmpty();
        harness.tell(new MasterEvent.Unregistered());
        assertThat(harness.of(MasterAction.DeleteSessionFiles.class)).hasSize(1);
        harness.tell(new MasterEvent.SessionFilesDeleted());
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.STOPPED);
    }

    @Test
    void answersTheStopOfTheSessionOnlyOnceItIsDurable() {
        MasterHarness harness = MasterHarness.running();
        harness.journalHeld = true;
        RequestId first = harness.stopSession();
        RequestId second = harness.stopSession();
        assertThat(harness.of(MasterAction.Reply.class))
                .noneMatch(reply -> reply.request().equals(first));
        harness.confirmHeld();
        assertThat(harness.reply(first)).isNotNull();
        assertThat(harness.reply(second)).isNotNull();
        assertThat(harness.journaled(JournalRecord::hasSessionStopping)).hasSize(1);
        assertThat(harness.reply(harness.stopSession())).isNotNull();
    }

    @Test
    void goesOnWithTheStopThatAnEarlierMasterHasPromised() {
        MasterHarness harness = MasterHarness.running();
        harness.stopSession();
        harness.crashMaster(false);
        RequestId late = harness.submit(new JobId("job-late"));
        assertThat(((SubmitJobResponse) harness.reply(late)).getRefusal()).contains("stopped");
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of(executor(1))));
        harness.register(1);
        assertThat(harness.phase()).isEqualTo(JobPhase.CANCELED);
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(1);
        harness.tell(new MasterEvent.ContainerCompleted(executor(1), 0, "It ended with 0."));
        assertThat(harness.of(MasterAction.Unregister.class)).hasSize(1);
    }

    @Test
    void stopOfTheSessionOutlivesACompactionOfTheJournal() {
        MasterHarness harness = MasterHarness.running();
        harness.stopSession();
        JournaledState whole = JournaledState.replay(harness.journal);
        JournaledState compacted = JournaledState.replay(List.of(
                JournalRecord.newBuilder().setSnapshot(whole.toSnapshot()).build()));
        assertThat(compacted.stopping()).isPresent();
    }

    @Test
    void stopsTheSessionAlthoughNothingAnswers() {
        MasterHarness harness = MasterHarness.running();
        harness.stopSession();
        harness.connections.remove(executor(2));
        harness.passAlive(Duration.ofSeconds(90));
        assertThat(harness.of(MasterAction.Unregister.class)).hasSize(1);
    }

    @Test
    void givesBackExecutorsThatNoJobNeeds() {
        MasterHarness harness = MasterHarness.running();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        harness.passAlive(Duration.ofSeconds(29));
        assertThat(harness.sent(MasterMessage::hasShutdown)).isEmpty();
        harness.passAlive(Duration.ofSeconds(2));
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(2);
        harness.connections.clear();
        harness.passAlive(Duration.ofSeconds(6));
        assertThat(harness.of(MasterAction.ReleaseContainer.class)).hasSize(2);
    }

    @Test
    void twoJobsShareExecutors() {
        MasterHarness harness = new MasterHarness();
        JobId other = new JobId("job-b");
        harness.submitted(JOB, 1);
        harness.submitted(other, 1);
        assertThat(harness.requestedContainers()).isEqualTo(1);
        harness.allocate(1);
        harness.register(1);
        assertThat(harness.sent(MasterMessage::hasDeploy)).hasSize(2);
    }
}
