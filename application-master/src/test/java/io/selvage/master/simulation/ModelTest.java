package io.selvage.master.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The model in {@code model/}, exhaustively, if Spin is there: see {@code scripts/check-model.sh}. */
class ModelTest {
    @Test
    void spinFindsNoErrorInTheModelAndEachOneThatIsMadeOnPurpose() throws IOException, InterruptedException {
        assumeTrue(
                isOnPath("spin") && isOnPath("cc"), "Spin or a C compiler is not installed: apt-get install spin gcc");
        Process check = new ProcessBuilder(
                        root().resolve("scripts/check-model.sh").toString(), "--quick")
                .redirectErrorStream(true)
                .start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.print(said);
        assertThat(check.waitFor()).as(said).isZero();
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("scripts/check-model.sh"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static boolean isOnPath(String tool) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    }
}
