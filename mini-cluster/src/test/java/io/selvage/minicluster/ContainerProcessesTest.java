package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerProcessesTest {

    @TempDir
    Path folder;

    @Test
    void endsProcessesOfContainersBelowTheFolderOnly() throws Exception {
        Process ours = sleeper(folder.resolve("yarn").resolve("node-0"));
        Process others = sleeper(folder.resolve("yarn-of-another"));
        try {
            assertThat(ContainerProcesses.end(folder.resolve("yarn"))).isEqualTo(1);

            assertThat(ours.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(others.isAlive()).isTrue();
        } finally {
            ours.destroyForcibly();
            others.destroyForcibly();
        }
    }

    @Test
    void killsProcessesThatIgnoreTheSignalToEnd() throws Exception {
        Process stubborn = process(folder, "bash", "-c", "trap '' TERM; while true; do sleep 1; done");
        try {
            assertThat(ContainerProcesses.end(folder)).isPositive();

            assertThat(stubborn.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(ContainerProcesses.below(folder)).isEmpty();
        } finally {
            stubborn.destroyForcibly();
        }
    }

    private static Process sleeper(Path localFolder) throws IOException {
        return process(localFolder, "sleep", "300");
    }

    private static Process process(Path localFolder, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LOCAL_DIRS", localFolder + "/local");
        return builder.start();
    }
}
