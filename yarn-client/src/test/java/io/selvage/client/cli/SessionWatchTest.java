package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.Session;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionWatchTest {
    private static final SessionDescription IDLE =
            SessionDescription.newBuilder().setEpoch(1).build();
    private static final SessionDescription BUSY = SessionDescription.newBuilder()
            .setEpoch(2)
            .addExecutors(ExecutorDescription.newBuilder().setSlots(2).setBusySlots(1))
            .addExecutors(ExecutorDescription.newBuilder().setSlots(2).setStandby(true))
            .build();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Deque<String> typed = new ArrayDeque<>();
    private final Scripted session = new Scripted();

    /** A session that is, at each look, what comes next in its script. */
    private static final class Scripted implements SessionWatch.Sight {
        private final Deque<Supplier<SessionState>> states = new ArrayDeque<>();
        private final Deque<Supplier<SessionDescription>> descriptions = new ArrayDeque<>();
        private List<JobDescription> jobs = List.of();

        Scripted runs(SessionDescription description) {
            states.add(() -> SessionState.RUNNING);
            descriptions.add(() -> description);
            return this;
        }

        Scripted hasEnded() {
            states.add(() -> SessionState.STOPPED);
            return this;
        }

        @Override
        public SessionState state() {
            return states.remove().get();
        }

        @Override
        public Session.Status look() {
            return new Session.Status(descriptions.remove().get(), jobs);
        }
    }

    private final class Typist implements Console.Keyboard {
        @Override
        public @Nullable String answer(String question) {
            throw new AssertionError("Nobody is asked: " + question);
        }

        @Override
        public @Nullable String typed() {
            return typed.poll();
        }
    }

    private SessionWatch.End watch(boolean terminal) throws InterruptedException {
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new SessionWatch(session, new Console(stream, stream, false, terminal, 300, new Typist()), 1).untilEnd();
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void withoutATerminalALineIsWrittenAtEachChange() throws InterruptedException {
        session.runs(IDLE).runs(IDLE).runs(BUSY).runs(BUSY).hasEnded();
        assertThat(watch(false)).isEqualTo(SessionWatch.End.SESSION_ENDED);
        assertThat(lines())
                .containsExactly(
                        "executors 0  slots 0 of 0 busy  jobs none  attempt 1",
                        "executors 2 (1 on standby)  slots 1 of 4 busy  jobs none  attempt 2");
    }

    @Test
    void onATerminalOneLineIsWrittenOver() throws InterruptedException {
        session.runs(IDLE).runs(BUSY).hasEnded();
        watch(true);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("\rexecutors 0  slots 0 of 0 busy  jobs none  attempt 1\033[K"
                        + "\rexecutors 2 (1 on standby)  slots 1 of 4 busy  jobs none  attempt 2\033[K\r\033[K");
    }

    @Test
    void theWordStopOnATerminalStopsIt() throws InterruptedException {
        session.runs(IDLE).runs(IDLE).runs(IDLE);
        typed.addAll(List.of("", "help", " stop "));
        assertThat(watch(true)).isEqualTo(SessionWatch.End.STOP_WANTED);
        assertThat(out.toString(StandardCharsets.UTF_8)).containsOnlyOnce("The one word to type here is \"stop\"");
    }

    @Test
    void withoutATerminalNothingThatIsReadStopsIt() throws InterruptedException {
        session.runs(IDLE).hasEnded();
        typed.add("stop");
        assertThat(watch(false)).isEqualTo(SessionWatch.End.SESSION_ENDED);
    }

    @Test
    void aClusterThatIsAwayIsWaitedFor() throws InterruptedException {
        session.states.add(() -> {
            throw new ClientException(ExitCode.NO_CLUSTER, "It does not answer.");
        });
        session.states.add(() -> SessionState.WAITING);
        session.runs(BUSY);
        session.hasEnded();
        assertThat(watch(false)).isEqualTo(SessionWatch.End.SESSION_ENDED);
        assertThat(lines())
                .containsExactly(
                        "no master: It does not answer.; tasks go on meanwhile",
                        "no master: the session waits for room on the cluster; tasks go on meanwhile",
                        "executors 2 (1 on standby)  slots 1 of 4 busy  jobs none  attempt 2");
    }

    @Test
    void aSessionThatEndsWhileItIsAskedHasEnded() throws InterruptedException {
        session.states.add(() -> SessionState.RUNNING);
        session.descriptions.add(() -> {
            throw new ClientException(ExitCode.NO_SESSION, "It has ended.");
        });
        session.hasEnded();
        assertThat(watch(false)).isEqualTo(SessionWatch.End.SESSION_ENDED);
    }

    @Test
    void aSessionThatYarnHasForgottenIsNotWaitedForForever() {
        session.states.add(() -> {
            throw new ClientException(ExitCode.NO_SESSION, "YARN does not know it.");
        });
        assertThatThrownBy(() -> watch(false)).hasMessage("YARN does not know it.");
    }

    @Test
    void jobsAreCountedByWhatTheyDoAndAlarmsAreShown() {
        List<JobDescription> jobs = List.of(
                job("a", JobPhase.RUNNING, ""),
                job("b", JobPhase.RESTARTING, "No checkpoint for 30 s."),
                job("c", JobPhase.RUNNING, ""),
                job("d", JobPhase.FAILED, ""));
        assertThat(SessionLine.text(IDLE, jobs))
                .isEqualTo("executors 0  slots 0 of 0 busy  jobs 2 running, 1 restarting, 1 ended  attempt 1"
                        + "  ALARM b: No checkpoint for 30 s.");
    }

    private static JobDescription job(String id, JobPhase phase, String alarm) {
        return JobDescription.newBuilder()
                .setJobId(id)
                .setPhase(phase)
                .setAlarm(alarm)
                .build();
    }
}
