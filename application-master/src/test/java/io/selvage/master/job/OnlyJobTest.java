package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.JOB;
import static io.selvage.master.job.MasterHarness.executor;
import static io.selvage.master.job.MasterHarness.failure;
import static io.selvage.master.job.MasterHarness.graph;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.selvage.master.event.ExitCode;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.protocol.wire.SubtaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An application that is for one job begins with it, and ends with it, whatever its end is. */
class OnlyJobTest {
    /** It runs on two executors. */
    private static MasterHarness running() {
        MasterHarness harness = MasterHarness.forJobAlone();
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(3)));
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        assertThat(harness.phase()).isEqualTo(JobPhase.RUNNING);
        return harness;
    }

    private static void endExecutors(MasterHarness harness) {
        for (int number : List.of(1, 2)) {
            harness.tell(new MasterEvent.ContainerCompleted(executor(number), 0, "It ended with 0."));
        }
    }

    private static MasterAction.Unregister lastWord(MasterHarness harness) {
        assertThat(harness.of(MasterAction.Unregister.class)).hasSize(1);
        return harness.last(MasterAction.Unregister.class);
    }

    private static String refusal(Message reply) {
        return ((SubmitJobResponse) reply).getRefusal();
    }

    private static void finish(MasterHarness harness) {
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
    }

    @Test
    void nobodyNeedsToSubmitIt() {
        MasterHarness harness = MasterHarness.forJobAlone();
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
        assertThat(harness.describe(JOB).getName()).isEqualTo("test job");
        assertThat(harness.last(MasterAction.LoadGraph.class).path()).isEqualTo("hdfs://nn/root/app/job-a/graph.pb");
        assertThat(refusal(harness.reply(harness.submit(JOB)))).isEmpty();
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
    }

    @Test
    void anotherJobIsRefused() {
        MasterHarness harness = running();
        assertThat(refusal(harness.reply(harness.submit(new JobId("job-other")))))
                .isEqualTo("The application is for its job job-a alone, and ends with it: open a session with"
                        + " yarn-session.sh, or run the job with --application.");
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
    }

    @Test
    void endsWellOnceTheJobHasFinished() {
        MasterHarness harness = running();
        finish(harness);
        assertThat(harness.sent(MasterMessage::hasShutdown)).hasSize(2);
        assertThat(harness.of(MasterAction.Unregister.class)).isEmpty();
        endExecutors(harness);
        assertThat(lastWord(harness))
                .isEqualTo(new MasterAction.Unregister(FinalStatus.SUCCEEDED, "job-a has finished."));
        harness.tell(new MasterEvent.Unregistered());
        assertThat(harness.of(MasterAction.DeleteSessionFiles.class)).hasSize(1);
        harness.tell(new MasterEvent.SessionFilesDeleted());
        assertThat(harness.last(MasterAction.ExitProcess.class).code()).isEqualTo(ExitCode.STOPPED);
    }

    @Test
    void endsAsKilledOnceTheJobIsCanceled() {
        MasterHarness harness = running();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        endExecutors(harness);
        assertThat(lastWord(harness)).isEqualTo(new MasterAction.Unregister(FinalStatus.KILLED, "job-a was canceled."));
    }

    @Test
    void endsAsKilledIfAClientStopsItAsASession() {
        MasterHarness harness = running();
        harness.stopSession();
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        endExecutors(harness);
        assertThat(lastWord(harness).status()).isEqualTo(FinalStatus.KILLED);
        assertThat(harness.journaled(JournalRecord::hasSessionStopping)).hasSize(1);
    }

    @Test
    void endsAsFailedWithTheCauseOfTheJobs() {
        MasterHarness harness = running();
        harness.report(
                1,
                1,
                2,
                0,
                SubtaskState.SUBTASK_FAILED,
                failure(FailureKind.BAD_INPUT, "Line 3 is no flight.").toBuilder()
                        .setOperator("parse")
                        .setPosition("element of somebody's")
                        .addCauses("java.lang.NumberFormatException: x")
                        .build());
        assertThat(harness.phase()).isEqualTo(JobPhase.FAILED);
        harness.stopped(1, 1);
        harness.stopped(2, 1);
        endExecutors(harness);
        assertThat(lastWord(harness))
                .as("records are none of YARN's business")
                .isEqualTo(new MasterAction.Unregister(
                        FinalStatus.FAILED,
                        "job-a has failed: Line 3 is no flight.\n  in parse, subtask 0\n  caused by"
                                + " java.lang.NumberFormatException: x"));
    }

    @Test
    void endsAsFailedIfTheGraphIsOfNoUse() {
        MasterHarness harness = MasterHarness.forJobAlone();
        harness.tell(new MasterEvent.GraphUnreadable(JOB, failure(FailureKind.FATAL, "The job's graph is missing.")));
        assertThat(lastWord(harness))
                .isEqualTo(new MasterAction.Unregister(
                        FinalStatus.FAILED, "job-a has failed: The job's graph is missing."));
    }

    @Test
    void saysWhereTheCheckpointIsThatOutlivesTheJob() {
        MasterHarness harness = MasterHarness.forJobAlone("selvage.checkpoint.on-cancel", "retain");
        harness.tell(new MasterEvent.GraphLoaded(JOB, graph(1)));
        harness.allocate(1);
        harness.register(1);
        harness.reportAll(SubtaskState.SUBTASK_RUNNING);
        harness.completeCheckpoint();
        harness.cancel(JOB);
        harness.stopped(1, 1);
        harness.tell(new MasterEvent.ContainerCompleted(executor(1), 0, "It ended with 0."));
        assertThat(lastWord(harness).diagnostics())
                .startsWith("job-a was canceled.\nIts last checkpoint is kept: hdfs://nn");
    }

    /** The master dies when the job's end is durable, and nothing else is. */
    @Test
    void aNewMasterEndsItAndDoesNotRunTheJobAgain() {
        MasterHarness harness = running();
        harness.reportAll(SubtaskState.SUBTASK_DRAINED);
        harness.collectCheckpoint();
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
        harness.journalHeld = true;
        harness.reportAll(SubtaskState.SUBTASK_FINISHED);
        harness.crashMaster(true);
        assertThat(harness.phase()).isEqualTo(JobPhase.FINISHED);
        assertThat(harness.of(MasterAction.Unregister.class))
                .as("before YARN knows this attempt")
                .isEmpty();
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        assertThat(harness.journaled(JournalRecord::hasJobSubmitted)).hasSize(1);
        assertThat(harness.journaled(JournalRecord::hasIncarnationStarted)).hasSize(1);
        assertThat(harness.of(MasterAction.LoadGraph.class)).isEmpty();
        assertThat(harness.requestedContainers()).isZero();
        assertThat(lastWord(harness).status()).isEqualTo(FinalStatus.SUCCEEDED);
    }

    /** Its files are there as long as YARN may start another attempt, which looks into the journal. */
    @Test
    void aNewMasterEndsItIfYarnHasNotTakenTheLastWord() {
        MasterHarness harness = running();
        finish(harness);
        endExecutors(harness);
        assertThat(lastWord(harness).status()).isEqualTo(FinalStatus.SUCCEEDED);
        assertThat(harness.of(MasterAction.DeleteSessionFiles.class)).isEmpty();
        harness.crashMaster(true);
        harness.tell(new MasterEvent.ResourceManagerJoined(List.of()));
        assertThat(lastWord(harness))
                .isEqualTo(new MasterAction.Unregister(FinalStatus.SUCCEEDED, "job-a has finished."));
    }
}
