package io.selvage.task.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.failure.ExitWords;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.task.executor.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ExitCodesTest {
    @Test
    void theOperationsGuideListsEveryExitCode() throws Exception {
        String guide = Files.readString(Path.of("..", "docs", "operations.md"));
        assertThat(Arrays.stream(ExitCode.values()).map(code -> "| " + code.code() + " | `" + code + "` | "))
                .allSatisfy(row -> assertThat(guide).contains(row));
    }

    @Test
    void everyExitCodeHasWordsForTheMaster() {
        assertThat(ExitCode.values())
                .allSatisfy(code -> assertThat(ExitWords.of(ProcessRole.EXECUTOR, code.code()))
                        .doesNotContain("none of Selvage's"));
    }
}
