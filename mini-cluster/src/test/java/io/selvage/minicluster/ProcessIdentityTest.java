package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessIdentityTest {

    @TempDir
    Path folder;

    @Test
    void findsTheProcessThatWroteTheFile() throws Exception {
        Path file = Files.writeString(
                folder.resolve("pid"), ProcessIdentity.ofThisProcess().toString());

        assertThat(ProcessIdentity.read(file).flatMap(ProcessIdentity::alive)).contains(ProcessHandle.current());
    }

    @Test
    void takesNoOtherProcessWithTheSameNumberForIt() {
        ProcessIdentity self = ProcessIdentity.ofThisProcess();

        assertThat(new ProcessIdentity(self.pid(), self.startTicks() - 1).alive())
                .isEmpty();
    }

    @Test
    void findsNoneWhereTheFileIsMissingOrHoldsSomethingElse() throws Exception {
        assertThat(ProcessIdentity.read(folder.resolve("missing"))).isEmpty();
        assertThat(ProcessIdentity.read(Files.writeString(folder.resolve("odd"), "not a pid")))
                .isEmpty();
        assertThat(ProcessIdentity.read(Files.writeString(folder.resolve("empty"), "")))
                .isEmpty();
    }
}
