package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class JobLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long nanos;

    @Test
    void aTerminalGetsOneLineOverAndOver() {
        JobLine line = new JobLine(console(true), () -> nanos);
        line.onProgress(job(JobPhase.RUNNING, 1_000, 0));
        nanos = Duration.ofSeconds(2).toNanos();
        line.onProgress(job(JobPhase.RUNNING, 5_000, 0));
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("\rrunning  0 ms  in 1,000  out 7  checkpoints 3 (last 45 ms, 2.0 KiB)  restarts 0\033[K"
                        + "\rrunning  2.0 s  in 5,000 (2,000/s)  out 7  checkpoints 3 (last 45 ms, 2.0 KiB)"
                        + "  restarts 0\033[K");
    }

    @Test
    void elsewhereALineIsWrittenAtAChangeAndEveryTenSeconds() {
        JobLine line = new JobLine(console(false), () -> nanos);
        for (int second = 0; second < 12; second++) {
            nanos = Duration.ofSeconds(second).toNanos();
            line.onProgress(job(second < 2 ? JobPhase.DEPLOYING : JobPhase.RUNNING, 100 * second, 0));
        }
        assertThat(out.toString(StandardCharsets.UTF_8).lines().map(text -> text.split(" ")[0]))
                .containsExactly("deploying", "running");
        nanos = Duration.ofSeconds(12).toNanos();
        line.onProgress(job(JobPhase.RUNNING, 1_200, 0));
        assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(3);
    }

    @Test
    void aMissingMasterIsToldOnceAndItsReturnToo() {
        JobLine line = new JobLine(console(false), () -> nanos);
        line.onProgress(job(JobPhase.RUNNING, 1, 0));
        line.onMasterAbsent("it does not answer", Duration.ofMillis(300));
        line.onMasterAbsent("it does not answer", Duration.ofMillis(600));
        line.onProgress(job(JobPhase.RUNNING, 1, 1));
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .hasSize(3)
                .element(1)
                .isEqualTo("no master: it does not answer; waiting for the next one");
    }

    @Test
    void aLineIsCutToTheTerminal() {
        Console narrow = new Console(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, true, 20);
        new JobLine(narrow, () -> nanos).onProgress(job(JobPhase.RUNNING, 1, 0));
        assertThat(out.toString(StandardCharsets.UTF_8)).hasSize(1 + 19 + 3);
    }

    @Test
    void aFailedJobShowsItsCauseChainAndNoStack() {
        JobDescription failed = job(JobPhase.FAILED, 10, 3).toBuilder()
                .setSubmittedMillis(1_000)
                .setEndedMillis(13_500)
                .setFailure(Failure.newBuilder()
                        .setMessage("The function of parse threw.")
                        .setOperator("parse")
                        .setSubtask(2)
                        .setPosition("breakfast.csv, line 7")
                        .addCauses("java.lang.NumberFormatException: x")
                        .setStackTrace("java.lang.NumberFormatException: x\n\tat acme.Parse.map(Parse.java:3)"))
                .build();
        assertThat(JobEnd.inWords(failed, false))
                .isEqualTo("Job job-1 \"breakfast\" has failed after 12.5 s: 10 records in, 7 out, 3 checkpoints,"
                        + " 3 restarts.\n  The function of parse threw.\n  in parse, subtask 2\n  at breakfast.csv, line 7\n"
                        + "  caused by java.lang.NumberFormatException: x");
        assertThat(JobEnd.inWords(failed, true)).contains("at acme.Parse.map(Parse.java:3)");
        assertThat(JobEnd.exitCode(failed)).isEqualTo(ExitCode.JOB_FAILED);
    }

    @Test
    void eachEndHasItsExitCode() {
        assertThat(JobEnd.exitCode(job(JobPhase.FINISHED, 0, 0))).isEqualTo(ExitCode.OK);
        assertThat(JobEnd.exitCode(job(JobPhase.CANCELED, 0, 0))).isEqualTo(ExitCode.JOB_CANCELED);
    }

    private Console console(boolean terminal) {
        return new Console(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, terminal, 200);
    }

    private static JobDescription job(JobPhase phase, long read, int restarts) {
        return JobDescription.newBuilder()
                .setJobId("job-1")
                .setName("breakfast")
                .setPhase(phase)
                .setRecordsRead(read)
                .setRecordsWritten(7)
                .setCheckpointsCompleted(3)
                .setLastCheckpoint(3)
                .setLastCheckpointMillis(45)
                .setLastCheckpointBytes(2_048)
                .setRestarts(restarts)
                .build();
    }
}
