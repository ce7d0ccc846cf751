package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ClassArchive;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaunchCommandTest {
    @Test
    void theHeapIsAShareOfTheContainerAndTheUsersOptionsComeLast() {
        SessionConfig session = SessionConfig.from(Configuration.defaults()
                .withOptions(List.of("selvage.master.memory=2g", "selvage.master.jvm-options=-Xmx99m -Xlog:gc*")));
        assertThat(LaunchCommand.of(session))
                .startsWith("exec {{JAVA_HOME}}/bin/java -Xmx1433m ")
                .contains(" '-Xmx99m' '-Xlog:gc*' io.selvage.master.")
                .endsWith(" 1><LOG_DIR>/master.log 2><LOG_DIR>/stderr");
    }

    @Test
    void aMasterWithoutMemoryEndsAndYarnShowsWhy() {
        assertThat(LaunchCommand.of(SessionConfig.from(Configuration.defaults())))
                .contains(" -XX:+ExitOnOutOfMemoryError ", " -XX:+DisplayVMOutputToStderr ");
    }

    @Test
    void nothingSecretAndNothingThatAShellExpandsIsInItButTheChoiceOfTheArchive() {
        assertThat(LaunchCommand.of(SessionConfig.from(Configuration.defaults()))
                        .replace(ClassArchive.optionsInShell(), ""))
                .doesNotContain("$", "*", "`", "\"", "secret");
    }
}
