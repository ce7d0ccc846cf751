package io.selvage.minicluster.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BenchmarkProcessTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void aSettingThatIsRefusedIsTheCommandLinesFaultBeforeAnythingIsStarted() {
        int exitCode = exitCode((home, arguments) -> {
            BenchmarkOptions.parse(arguments, Set.of(), Set.of(), "Usage.");
            throw new AssertionError("It was taken.");
        });
        assertThat(exitCode).isEqualTo(BenchmarkProcess.WRONG_COMMAND_LINE);
        assertThat(said()).hasSize(1);
        assertThat(said().get(0)).contains("selvage.executor.jvm-options", "-Dx=$y", "from -D");
    }

    @Test
    void settingsThatASessionRefusesTogetherAreTheCommandLinesFaultToo() {
        assertThat(exitCode((home, arguments) -> {
                    throw new ConfigException("The heartbeat is longer than its timeout.");
                }))
                .isEqualTo(BenchmarkProcess.WRONG_COMMAND_LINE);
        assertThat(said()).containsExactly("The heartbeat is longer than its timeout.");
    }

    @Test
    void whatTheClusterRefusesIsASentence() {
        assertThat(exitCode((home, arguments) -> {
                    throw new ClientException(ExitCode.REFUSED, "There is no queue streams.");
                }))
                .isEqualTo(BenchmarkProcess.FAILED);
        assertThat(said()).containsExactly("The benchmark has failed: There is no queue streams.");
    }

    @Test
    void aFailureIsASentenceAndItsTraceIsForTheLog() {
        assertThat(exitCode((home, arguments) -> {
                    throw new IOException("No executor is ready for the next job.");
                }))
                .isEqualTo(BenchmarkProcess.FAILED);
        assertThat(said()).hasSize(2).contains("The benchmark has failed: No executor is ready for the next job.");
        assertThat(said().get(1)).startsWith("The stack trace is in ");
    }

    @Test
    void theBenchmarksOwnCodeIsTheProcesss() {
        assertThat(exitCode((home, arguments) -> 3)).isEqualTo(3);
        assertThat(said()).isEmpty();
    }

    private int exitCode(BenchmarkProcess.Benchmark benchmark) {
        return BenchmarkProcess.exitCode(
                Path.of("/home"),
                List.of("-D", "selvage.executor.jvm-options=-Dx=$y"),
                benchmark,
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private List<String> said() {
        return err.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
