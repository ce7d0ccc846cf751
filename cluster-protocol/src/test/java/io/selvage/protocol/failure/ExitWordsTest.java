package io.selvage.protocol.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.process.ProcessRole;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ExitWordsTest {
    @Test
    void whoLacksMemoryIsToldWhichSettingToRaise() {
        assertThat(ExitWords.of(ProcessRole.MASTER, -104))
                .isEqualTo("was killed because it used more memory than it asked for: raise selvage.master.memory"
                        + " (exit status -104)");
        for (int status : new int[] {3, -103, -104}) {
            assertThat(ExitWords.of(ProcessRole.MASTER, status)).contains("raise selvage.master.memory");
            assertThat(ExitWords.of(ProcessRole.EXECUTOR, status)).contains("raise selvage.executor.memory");
        }
    }

    @Test
    void aNodeWithoutJavaIsToldFromAProgramThatEnds() {
        for (ProcessRole role : ProcessRole.values()) {
            for (int status : new int[] {126, 127}) {
                assertThat(ExitWords.of(role, status))
                        .startsWith("could not start: ")
                        .contains(
                                "$JAVA_HOME/bin/java",
                                "JAVA_HOME of the NodeManagers",
                                "selvage.master.env.JAVA_HOME",
                                "selvage.executor.env.JAVA_HOME")
                        .doesNotContain("Runtime.halt");
            }
        }
    }

    @Test
    void signalsAreTold() {
        assertThat(ExitWords.of(ProcessRole.EXECUTOR, 137)).contains("signal 9");
        assertThat(ExitWords.of(ProcessRole.EXECUTOR, 143)).contains("signal 15");
        assertThat(ExitWords.of(ProcessRole.EXECUTOR, 140)).isEqualTo("was ended by signal 12 (exit status 140)");
        for (int crash : new int[] {134, 135, 139}) {
            assertThat(ExitWords.of(ProcessRole.MASTER, crash)).contains("crashed");
        }
    }

    @Test
    void onlyAnExecutorsFunctionMayHaveHaltedIt() {
        assertThat(ExitWords.of(ProcessRole.EXECUTOR, 7)).contains("Runtime.halt", "(exit status 7)");
        assertThat(ExitWords.of(ProcessRole.MASTER, 7))
                .contains("none of Selvage's", "docs/operations.md")
                .doesNotContain("Runtime.halt");
        assertThat(ExitWords.of(ProcessRole.MASTER, 44)).as("an executor's").contains("none of Selvage's");
    }

    @Test
    void whatWasSaidLastIsFoundInWhatYarnPassesOn() {
        String diagnostics = "[2026-11-25 10:00:00.000]Container exited with a non-zero exit code.\n"
                + "Last 4096 bytes of stderr :\n";
        assertThat(ExitWords.lastWords(ProcessRole.MASTER, diagnostics + "noise\nselvage master: No port.\nmore\n"))
                .contains("No port.");
        assertThat(ExitWords.lastWords(ProcessRole.EXECUTOR, diagnostics + "selvage master: No port.\n"))
                .isEmpty();
        String oom = "Terminating due to java.lang.OutOfMemoryError: Java heap space";
        assertThat(ExitWords.lastWords(ProcessRole.MASTER, diagnostics + oom + "\n"))
                .contains(oom);
    }

    /** Status and words of a node without Java are the shell's own, in whose language they may be. */
    @Test
    @Timeout(60)
    void aShellThatFindsNoJavaSaysSo() throws Exception {
        Process shell = new ProcessBuilder("bash", "-c", "exec /no/such/jdk/bin/java -Xmx1g Main")
                .redirectErrorStream(true)
                .start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(shell.exitValue()).isEqualTo(127);
        assertThat(ExitWords.lastWords(ProcessRole.EXECUTOR, "Last 4096 bytes of stderr :\n" + said))
                .contains(said.strip());
    }
}
