package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.drill.DrillFigures;
import io.selvage.client.drill.Fault;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DrillCommandTest {
    private static final DrillFigures KILLED = new DrillFigures(
            Fault.KILL_TASK, "process 11 on h1", 1_000, 21L, 190L, 240L, 1_100L, 7_000, 1, 1, 2, 2, true);
    private static final DrillFigures MASTER =
            new DrillFigures(Fault.KILL_AM, "process 1 on h1", 1_000, null, 2_500L, 0L, 3_700L, 0, 0, 0, 2, 2, false);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void withoutATerminalAndWithoutYesNothingIsDone() {
        assertThatThrownBy(() -> run("kill-am"))
                .isInstanceOfSatisfying(
                        ClientException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining("--yes");
    }

    /** Null: Ctrl-D. */
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"n", "", "no", "maybe"})
    void whoeverDoesNotSayYesIsToldThatNothingWasDone(@Nullable String answer) {
        ExitCode code = DrillCommand.afterYes(asking(answer), "Go on? [y/N] ", () -> {
            throw new AssertionError("A fault was injected after the answer: " + answer);
        });
        assertThat(code).isEqualTo(ExitCode.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("Go on? [y/N] Nothing was done.\n");
    }

    @Test
    void theDrillBeginsAfterAYesAlone() {
        assertThat(DrillCommand.afterYes(asking("y"), "Go on? [y/N] ", () -> ExitCode.DRILL_FAILED))
                .isEqualTo(ExitCode.DRILL_FAILED);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("Go on? [y/N] ");
    }

    /** A person at a terminal. */
    private Console asking(@Nullable String answer) {
        PrintStream terminal = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new Console(terminal, terminal, false, true, 100, question -> {
            terminal.print(question);
            return answer;
        });
    }

    @Test
    void unknownFaultIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> run("--yes", "flood"))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("kill-am, kill-task, hang-am, hang-task, fail-attempt");
    }

    @Test
    void optionsMayFollowTheFault() {
        assertThatThrownBy(() -> run("kill-am", "--count", "0", "--yes"))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("--count is a number from 1 to 1000, which 0 is not");
        assertThatThrownBy(() -> run("kill-am", "--every", "soon", "--yes"))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("--every is a time such as 30s");
    }

    @Test
    void aFaultIsToldInALine() {
        assertThat(DrillTexts.line(KILLED, 3))
                .isEqualTo("3. kill-task (process 11 on h1): detected after 21 ms, running again after 190 ms on a"
                        + " standby, next checkpoint after 1.1 s; longest output gap 240 ms; 7,000 records replayed,"
                        + " 1 checkpoint lost, 1 restart; 2 of 2 other processes kept.");
        assertThat(DrillTexts.line(MASTER, 1))
                .isEqualTo("1. kill-am (process 1 on h1): taken over by the next master after 2.5 s, next checkpoint"
                        + " after 3.7 s; longest output gap < 20 ms; 0 records replayed, 0 checkpoints lost,"
                        + " 0 restarts; 2 of 2 other processes kept.");
    }

    @Test
    void tableShowsMediansAndMaxima() {
        assertThat(DrillTexts.table(List.of(KILLED, MASTER)).lines())
                .contains(
                        "                  MEDIAN  MAXIMUM",
                        "detection         21 ms   21 ms",
                        "recovery          1.3 s   2.5 s",
                        "records replayed  3,500   7,000");
    }

    @Test
    void jsonSaysWhatIsNotKnown() {
        assertThat(Json.write(DrillTexts.json(MASTER, 1)))
                .contains("\"fault\": \"kill-am\"", "\"detection_millis\": null", "\"output_gap_millis\": 0");
    }

    private static ExitCode run(String... words) {
        DrillCommand command = new DrillCommand();
        Arguments arguments = Arguments.parse(command.name(), command.options(), List.of(words), true);
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return command.run(
                arguments,
                new Host(Path.of("home"), Path.of("user"), Map.of()),
                new Console(nowhere, nowhere, false, false, 100));
    }
}
