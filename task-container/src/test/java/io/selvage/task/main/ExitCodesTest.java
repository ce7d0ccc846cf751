package io.selvage.task.main;

import static org.assertj.core.api.Assertions.assertThat;

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
}
