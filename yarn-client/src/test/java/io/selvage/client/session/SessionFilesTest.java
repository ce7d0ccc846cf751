package io.selvage.client.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.protocol.security.ApplicationIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionFilesTest {
    private static final ApplicationIdentity IDENTITY = ApplicationIdentity.create();

    @TempDir
    Path directory;

    @Test
    void aSessionIsReadAsItWasWritten() {
        SessionFiles files = new SessionFiles(directory);
        SessionRecord session = session("application_1700000000000_0001");
        files.write(session);
        assertThat(files.read(session.applicationId())).contains(session);
        assertThat(files.read("application_1_0002")).isEmpty();
    }

    @Test
    void onlyTheOwnerCanReadASessionsFile() throws IOException {
        SessionFiles files = new SessionFiles(directory);
        files.write(session("application_1_0001"));
        Path file = files.pathOf("application_1_0001");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> files.read("application_1_0001"))
                .hasMessageContaining("others than you can read it")
                .hasMessageContaining("yarn application -kill application_1_0001");
    }

    @Test
    void theNewestSessionComesFirst() {
        SessionFiles files = new SessionFiles(directory);
        for (String id :
                new String[] {"application_1_0002", "application_2_0001", "application_1_10000", "application_1_9999"
                }) {
            files.write(session(id));
        }
        assertThat(files.applicationIds())
                .containsExactly(
                        "application_2_0001", "application_1_10000", "application_1_9999", "application_1_0002");
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothingBehind() throws IOException {
        SessionFiles files = new SessionFiles(directory);
        Path inTheWay = files.pathOf("application_1_0001");
        Files.createDirectories(inTheWay.resolve("full"));
        assertThatThrownBy(() -> files.write(session("application_1_0001"))).hasMessageContaining("can't be written");
        try (var left = Files.list(inTheWay.getParent())) {
            assertThat(left).containsExactly(inTheWay);
        }
    }

    @Test
    void anApplicationForOneJobIsKnownByIt() {
        SessionFiles files = new SessionFiles(directory);
        files.write(new SessionRecord(
                "application_1_0001", "a name", "rm:8032", "hdfs://nn/user/me/.selvage", 42, IDENTITY, "me", "job-1"));
        files.write(session("application_1_0002"));
        assertThat(files.read("application_1_0001").orElseThrow().onlyJob()).isEqualTo("job-1");
        assertThat(files.read("application_1_0002").orElseThrow().takesJobs()).isTrue();
    }

    @Test
    void aFileThatDoesNotSayForWhomIsReadAllTheSame() throws IOException {
        SessionFiles files = new SessionFiles(directory);
        files.write(session("application_1_0001"));
        Path file = files.pathOf("application_1_0001");
        Files.write(
                file,
                Files.readAllLines(file).stream()
                        .filter(line -> !line.startsWith("user="))
                        .toList());
        assertThat(files.read("application_1_0001").orElseThrow().user()).isNull();
    }

    @Test
    void aForgottenSessionIsGone() {
        SessionFiles files = new SessionFiles(directory);
        files.write(session("application_1_0001"));
        files.delete("application_1_0001");
        files.delete("application_1_0001");
        assertThat(files.applicationIds()).isEmpty();
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        SessionFiles files = new SessionFiles(directory);
        files.write(session("application_1_0001"));
        Files.writeString(files.pathOf("application_1_0001"), "format=1\n");
        assertThatThrownBy(() -> files.read("application_1_0001"))
                .hasMessageContaining(files.pathOf("application_1_0001").toString())
                .hasMessageContaining("it has no \"application\".");
    }

    @Test
    void anIdThatIsNoApplicationsIsRefused() {
        assertThatThrownBy(() -> session("../../etc/passwd")).hasMessageContaining("is not an application id");
    }

    private static SessionRecord session(String id) {
        return new SessionRecord(id, "a name", "rm:8032", "hdfs://nn/user/me/.selvage", 42, IDENTITY, "me", null);
    }
}
