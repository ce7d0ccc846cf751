package io.selvage.master.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.ExitCode;
import io.selvage.protocol.failure.ExitWords;
import io.selvage.protocol.process.ProcessRole;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MasterMainTest {
    @Test
    void whatNoThreadCatchesEndsTheProcessWithACodeThatHasAName() {
        assertThat(MasterMain.codeOf(new IllegalStateException("broken"))).isEqualTo(ExitCode.BROKEN_INVARIANT);
        assertThat(MasterMain.codeOf(new AssertionError())).isEqualTo(ExitCode.BROKEN_INVARIANT);
        assertThat(MasterMain.codeOf(new OutOfMemoryError("unable to create native thread")))
                .isEqualTo(ExitCode.OUT_OF_MEMORY);
    }

    @Test
    void theOperationsGuideListsEveryExitCode() throws Exception {
        String guide = Files.readString(Path.of("..", "docs", "operations.md"));
        assertThat(Arrays.stream(ExitCode.values()).map(code -> "| " + code.code() + " | `" + code + "` | "))
                .allSatisfy(row -> assertThat(guide).contains(row));
    }

    @Test
    void everyExitCodeHasWordsForWhoOnlySeesTheContainersStatus() {
        assertThat(ExitCode.values())
                .allSatisfy(code -> assertThat(ExitWords.of(ProcessRole.MASTER, code.code()))
                        .doesNotContain("none of Selvage's"));
    }
}
