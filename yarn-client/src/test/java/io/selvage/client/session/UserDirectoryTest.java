package io.selvage.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Asks the class, and the script that starts commands, which must find the same. */
@Timeout(120)
class UserDirectoryTest {
    private static final String USER_ONLY = "rwx------";

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private Path home;

    @BeforeEach
    void layOut() throws IOException {
        home = Files.createDirectory(directory.resolve("home"));
    }

    @Test
    void itIsInTheFolderForStateAndItsUsersAlone() throws Exception {
        Path own = home.resolve(".local/state/selvage");
        assertIs(own);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
                .isEqualTo(USER_ONLY);
    }

    @Test
    void theFolderForStateMayBeAnother() throws Exception {
        environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
        assertIs(directory.resolve("state/selvage"));
    }

    @Test
    void aFolderForStateThatIsRelativeIsPassedOver() throws Exception {
        environment.put("XDG_STATE_HOME", "state");
        assertIs(home.resolve(".local/state/selvage"));
    }

    @Test
    void whoeverHasUsedAVersionBeforeKeepsHisKeys() throws Exception {
        Files.createDirectory(home.resolve(".selvage"));
        assertIs(home.resolve(".selvage"));
        assertThat(home.resolve(".local")).doesNotExist();
    }

    @Test
    void aVersionBeforeThatIsUsedBesideTakesNoKeysAway() throws Exception {
        Files.createDirectories(home.resolve(".local/state/selvage"));
        Files.createDirectory(home.resolve(".selvage"));
        assertIs(home.resolve(".local/state/selvage"));
    }

    @Test
    void anotherMayBeNamed() throws Exception {
        Files.createDirectory(home.resolve(".selvage"));
        environment.put("SELVAGE_USER_DIR", directory.resolve("mine").toString());
        assertIs(directory.resolve("mine"));
    }

    private void assertIs(Path expected) throws Exception {
        assertThat(UserDirectory.of(environment, home)).isEqualTo(expected);
        assertThat(ofScript()).isEqualTo(expected.toString());
        assertThat(expected.resolve("logs")).isDirectory();
    }

    /** What the script tells the program, which is one that says it. */
    private String ofScript() throws Exception {
        Path installed = Files.createDirectory(directory.resolve("installed"));
        Path script = Files.createDirectory(installed.resolve("scripts")).resolve("selvage");
        Files.copy(Path.of("..", "scripts", "selvage"), script);
        Files.createFile(Files.createDirectory(installed.resolve("lib")).resolve("a.jar"));
        Path java = Files.createDirectories(installed.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"$SELVAGE_USER_DIR\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString(USER_ONLY));
        ProcessBuilder builder =
                new ProcessBuilder("bash", script.toString(), "config").redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().keySet().removeIf(name -> name.startsWith("XDG_") || name.startsWith("SELVAGE_"));
        builder.environment().putAll(environment);
        builder.environment().put("HOME", home.toString());
        builder.environment().put("JAVA_HOME", installed.resolve("jdk").toString());
        Process bash = builder.start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(bash.exitValue()).isZero();
        return out.strip();
    }
}
