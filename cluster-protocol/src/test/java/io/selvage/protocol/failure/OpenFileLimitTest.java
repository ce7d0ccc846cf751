package io.selvage.protocol.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OpenFileLimitTest {
    @Test
    void itIsTheOneThatTheSystemSets() throws IOException {
        String limit = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .findFirst()
                .orElseThrow()
                .split(" {2,}")[1];
        assertThat(OpenFileLimit.ofProcess()).hasToString(limit);
        assertThat(OpenFileLimit.OF_PROCESS.clause())
                .isEqualTo("this process may have no more files open than " + limit);
    }

    @Test
    void whoseLimitItIsDecidesWhatToDo() {
        assertThat(OpenFileLimit.in("/a/1.sst: Too many open files"))
                .hasValueSatisfying(limit -> assertThat(limit.remedy()).contains("LimitNOFILE", "ulimit -Hn"));
        assertThat(OpenFileLimit.in("socket(..) failed: Too many open files in system"))
                .hasValueSatisfying(limit -> {
                    assertThat(limit.remedy()).contains("fs.file-max").doesNotContain("LimitNOFILE");
                    assertThat(limit.clause()).startsWith("this node ");
                });
        assertThat(OpenFileLimit.in("No space left on device")).isEmpty();
    }

    @Test
    void whatAServerSaysIsNotOfThisProcess() {
        assertThat(OpenFileLimit.in(
                        "java.io.IOException: Too many open files\n\tat java.base/sun.nio.ch.Net.accept(Net)"))
                .isEmpty();
    }
}
