package io.selvage.client.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.deploy.Distribution;
import io.selvage.client.deploy.SharedRuntime;
import io.selvage.client.doctor.Finding.Verdict;
import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.KerberosConfig;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DoctorTest {
    @TempDir
    Path directory;

    @Test
    void withoutAHadoopConfigurationTheRestIsSaidNotToBeChecked() {
        List<Finding> findings = examine(Path.of("/nowhere"), Configuration.defaults());
        assertThat(problems(findings)).containsExactly("Hadoop configuration");
        assertThat(findings).anyMatch(finding -> finding.text().startsWith("not checked"));
    }

    @Test
    void settingsThatDoNotFitAreAProblem() throws IOException {
        Configuration settings = Configuration.defaults().withOptions(List.of("selvage.heartbeat.timeout=1500ms"));
        List<Finding> findings = examine(hadoopFolder(), settings);
        assertThat(problems(findings)).contains("settings");
    }

    @Test
    void itGoesOnAfterAFailedCheck() throws IOException {
        List<Finding> findings = examine(hadoopFolder(), Configuration.defaults());
        assertThat(problems(findings)).contains("HDFS", "ResourceManager");
        assertThat(findings)
                .filteredOn(finding -> finding.check().equals("ResourceManager"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("127.0.0.1:1"));
    }

    @Test
    void filesToShipAreLookedAt() throws IOException {
        Path file = Files.writeString(directory.resolve("model.txt"), "1");
        List<Finding> fine = examine(hadoopFolder(), shipping(file));
        assertThat(fine).contains(Finding.ok("files to ship", "1 files, 0 folders and 0 jars can be read"));
        List<Finding> findings = examine(hadoopFolder(), shipping(directory.resolve("modle.txt")));
        assertThat(problems(findings)).contains("files to ship", "ResourceManager");
        assertThat(findings)
                .filteredOn(finding -> finding.check().equals("files to ship"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("Did you mean " + file));
        assertThat(examine(hadoopFolder(), Configuration.defaults()))
                .as("there are none")
                .noneMatch(finding -> finding.check().equals("files to ship"));
    }

    private static Configuration shipping(Path path) {
        return Configuration.defaults().withOptions(List.of(ApplicationConfig.SHIPPED_PATHS.name() + "=" + path));
    }

    @Test
    void whereKerberosIsInUseAMissingTicketOrKeytabIsAProblem() throws IOException {
        System.setProperty("java.security.krb5.realm", "EXAMPLE.COM");
        System.setProperty("java.security.krb5.kdc", "127.0.0.1:1");
        try {
            Path folder = hadoopFolder();
            Files.writeString(
                    folder.resolve("core-site.xml"),
                    "<configuration><property><name>hadoop.security.authentication</name><value>kerberos</value>"
                            + "</property></configuration>");
            assertThat(examine(folder, Configuration.defaults()))
                    .filteredOn(finding -> finding.check().equals("Kerberos"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.text()).contains("no ticket", "kinit"));
            Configuration keytab = Configuration.defaults()
                    .withOptions(List.of(
                            KerberosConfig.KEYTAB.name() + "=" + directory.resolve("anna.keytab"),
                            KerberosConfig.PRINCIPAL.name() + "=anna@EXAMPLE.COM"));
            List<Finding> findings = examine(folder, keytab);
            assertThat(findings)
                    .filteredOn(finding -> finding.check().equals("Kerberos"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.text()).contains("anna.keytab", "is not there"));
            assertThat(problems(findings)).as("it goes on").contains("ResourceManager");
        } finally {
            System.clearProperty("java.security.krb5.realm");
            System.clearProperty("java.security.krb5.kdc");
            UserGroupInformation.reset();
        }
    }

    /**
     * Local files whose permissions are set without a process for each, as Hadoop starts one: a file system that is no
     * NameNode's is raced on for thousands of them.
     */
    public static final class QuickFiles extends DelegateToFileSystem {
        public QuickFiles(URI uri, org.apache.hadoop.conf.Configuration configuration)
                throws IOException, URISyntaxException {
            super(uri, new Raw(), configuration, "file", false);
        }

        @Override
        public int getUriDefaultPort() {
            return -1;
        }

        private static final class Raw extends RawLocalFileSystem {
            /** There are no links; Hadoop starts a process to see that, two for each rename. */
            @Override
            public org.apache.hadoop.fs.FileStatus getFileLinkStatus(org.apache.hadoop.fs.Path file)
                    throws IOException {
                return getFileStatus(file);
            }

            @Override
            public void setPermission(org.apache.hadoop.fs.Path file, FsPermission permission) throws IOException {
                String symbols = permission.getUserAction().SYMBOL
                        + permission.getGroupAction().SYMBOL
                        + permission.getOtherAction().SYMBOL;
                Files.setPosixFilePermissions(pathToFile(file).toPath(), PosixFilePermissions.fromString(symbols));
            }
        }
    }

    @Test
    void aStateRootThatIsNotThereIsTriedAndNothingIsLeftBehind() throws IOException {
        Path parent = Files.createDirectories(directory.resolve("parent"));
        Path file = Files.writeString(parent.resolve("theirs"), "1");
        Path root = parent.resolve("made").resolve("root");
        List<Finding> findings = examine(
                hadoopFolder(), Configuration.defaults().withOptions(List.of("selvage.state.root=" + root.toUri())));
        assertThat(findings)
                .anyMatch(finding -> finding.check().equals("state root") && finding.verdict() == Verdict.OK);
        assertThat(findings)
                .anyMatch(finding -> finding.check().equals("clock of HDFS") && finding.verdict() == Verdict.OK);
        try (var files = Files.list(parent)) {
            assertThat(files.toList()).containsExactly(file);
        }
    }

    @Test
    void theSharedRuntimeIsLookedAt() throws IOException {
        Path lib = Files.createDirectories(directory.resolve("home").resolve("lib"));
        Files.writeString(lib.resolve("selvage.jar"), "1");
        Path root = directory.resolve("apps").resolve("selvage");
        assertThat(shared(root.toUri().toString()).text()).contains("there is no file:" + root, "selvage share");
        assertThat(shared("apps/selvage")).satisfies(finding -> {
            assertThat(finding.verdict()).as("no session would be opened").isEqualTo(Verdict.PROBLEM);
            assertThat(finding.text()).contains("Begin it with /");
        });
        assertThat(shared("nowhere://host/apps")).satisfies(finding -> {
            assertThat(finding.verdict()).isEqualTo(Verdict.WARNING);
            assertThat(finding.text()).contains("nowhere://host/apps could not be looked at");
        });

        SharedRuntime.put(
                root.toUri().toString(),
                new org.apache.hadoop.conf.Configuration(),
                Distribution.at(directory.resolve("home")),
                directory.resolve("other-cache"),
                directory.resolve("other-hashes"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Finding fine = shared(root.toUri().toString());
        assertThat(fine.verdict()).as(fine.text()).isEqualTo(Verdict.OK);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        assertThat(shared(root.toUri().toString()).text()).contains("-chmod o+x file:" + directory);

        Files.writeString(lib.resolve("another.jar"), "2");
        assertThat(shared(root.toUri().toString()).text()).contains("has not the runtime of this installation");
        assertThat(examine(hadoopFolder(), Configuration.defaults()))
                .as("there is none")
                .noneMatch(finding -> finding.check().equals("shared runtime"));
    }

    private Finding shared(String root) throws IOException {
        // Nothing can be written below a file, so that the store is not raced on.
        Path stateRoot = Files.writeString(directory.resolve("file"), "1").resolve("state");
        List<Finding> found = examine(
                hadoopFolder(),
                Configuration.defaults()
                        .withOptions(
                                List.of("selvage.library.root=" + root, "selvage.state.root=" + stateRoot.toUri())));
        return found.stream()
                .filter(finding -> finding.check().equals("shared runtime"))
                .reduce((first, second) -> {
                    throw new AssertionError(first + " and " + second);
                })
                .orElseThrow();
    }

    private List<Finding> examine(Path hadoopFolder, Configuration settings) {
        List<Finding> findings = new ArrayList<>();
        new Doctor(
                        directory.resolve("home"),
                        directory.resolve("user"),
                        Map.of("HADOOP_CONF_DIR", hadoopFolder.toString()),
                        findings::add)
                .examine(() -> settings);
        return findings;
    }

    private static List<String> problems(List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.verdict() == Verdict.PROBLEM)
                .map(Finding::check)
                .toList();
    }

    private Path hadoopFolder() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("hadoop"));
        Files.writeString(
                folder.resolve("core-site.xml"),
                "<configuration><property><name>fs.AbstractFileSystem.file.impl</name><value>"
                        + QuickFiles.class.getName() + "</value></property></configuration>");
        Files.writeString(
                folder.resolve("yarn-site.xml"),
                "<configuration><property><name>yarn.resourcemanager.address</name><value>127.0.0.1:1</value>"
                        + "</property></configuration>");
        return folder;
    }
}
