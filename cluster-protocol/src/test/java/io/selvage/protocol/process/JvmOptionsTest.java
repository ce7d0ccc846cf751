package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmOptionsTest {
    private static final String OPTIONS = "-Xlog:gc*:file=gc-%p.log,x  -Da_1=b+c:/d@e -D*=b -Xss1m";

    @TempDir
    Path directory;

    @Test
    void theShellsOfAContainerLeaveTheOptionsAsTheyAre() throws Exception {
        Files.createFile(directory.resolve("-Xlog:gcx:file=gc-%p.log,x"));
        Files.createFile(directory.resolve("-Da=b"));
        String options = SessionConfig.from(
                        Configuration.defaults().with(Map.of("selvage.executor.jvm-options", OPTIONS), "in the test"))
                .executorJvmOptions();
        // As YARN writes its scripts: the command is between double quotes, for a second shell.
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "set -o pipefail -e\nexec /bin/bash -c \"exec printf '<%s>' " + JvmOptions.inShell(options)
                                + "\"")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(words).isEqualTo("<-Xlog:gc*:file=gc-%p.log,x><-Da_1=b+c:/d@e><-D*=b><-Xss1m>");
    }

    @Test
    void noOptionsAreNoWord() {
        assertThat(JvmOptions.inShell("")).isEmpty();
    }
}
