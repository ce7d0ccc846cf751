package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.Session.Status;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchCommandTest {
    private static Status status(JobPhase phase, int restarts, long recordsRead) {
        return new Status(
                SessionDescription.newBuilder()
                        .setMasterHost("host-a")
                        .setMasterPid(7)
                        .setEpoch(2)
                        .addExecutors(ExecutorDescription.newBuilder().setExecutorId("container_2"))
                        .addExecutors(ExecutorDescription.newBuilder()
                                .setExecutorId("container_3")
                                .setStandby(true))
                        .build(),
                List.of(JobDescription.newBuilder()
                        .setJobId("job-1a")
                        .setPhase(phase)
                        .setRestarts(restarts)
                        .setRecordsRead(recordsRead)
                        .build()));
    }

    @Test
    void aLineSaysWhatHasChangedAndNothingThatAlwaysDoes() {
        assertThat(WatchCommand.line(status(JobPhase.RUNNING, 0, 1)))
                .isEqualTo("master 7 on host-a, attempt 2; 2 executors (1 standby); job-1a running")
                .isEqualTo(WatchCommand.line(status(JobPhase.RUNNING, 0, 2)));
        assertThat(WatchCommand.line(status(JobPhase.RESTARTING, 1, 2))).endsWith("; job-1a restarting, 1 restart");
    }

    @Test
    void jsonHoldsSessionAndJobs() {
        assertThat(Json.write(WatchCommand.json(status(JobPhase.RUNNING, 0, 1), "http://rm/proxy/a/", 5)))
                .contains(
                        "\"time_millis\": 5",
                        "\"tracking_url\": \"http://rm/proxy/a/\"",
                        "\"epoch\": 2",
                        "\"job_id\": \"job-1a\"");
    }

    @Test
    void aScreenIsDrawnInPlaceOfTheOneBeforeAndWithinTheTerminal() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        Console console = new Console(stream, stream, false, true, 6);
        console.screen("first line\nsecond\nthird", 3);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("\033[2J\033[Hfirst\033[K\nsecon\033[K\n\033[J");
        out.reset();
        console.screen("a", 3);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("\033[Ha\033[K\n\033[J");
        assertThat(Console.rowsOf("50")).isEqualTo(50);
        assertThat(Console.rowsOf(null)).isEqualTo(24);
        assertThat(Console.rowsOf("many")).isEqualTo(24);
    }
}
