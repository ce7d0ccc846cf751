package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HadoopFolderTest {
    @TempDir
    Path directory;

    @Test
    void theFolderOfTheEnvironmentIsUsedWithItsSettings() throws IOException {
        write("core-site.xml", "fs.defaultFS", "hdfs://nn:9000");
        write("yarn-site.xml", "yarn.resourcemanager.address", "rm:1234");
        write("ssl-client.xml", "ssl.client.truststore.password", "secret");
        HadoopFolder folder = HadoopFolder.find(Map.of("HADOOP_CONF_DIR", directory.toString()));
        YarnConfiguration configuration = folder.configuration();
        assertThat(configuration.get("fs.defaultFS")).isEqualTo("hdfs://nn:9000");
        assertThat(configuration.get("yarn.resourcemanager.address")).isEqualTo("rm:1234");
        assertThat(folder.files())
                .containsExactly(directory.resolve("core-site.xml"), directory.resolve("yarn-site.xml"));
    }

    @Test
    void aFolderThatIsMissingOrEmptyIsNamed() {
        assertThatThrownBy(() -> HadoopFolder.find(Map.of("HADOOP_CONF_DIR", directory + "/none")))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                .hasMessageContaining("There is no folder " + directory + "/none");
        assertThatThrownBy(() -> HadoopFolder.find(Map.of("HADOOP_CONF_DIR", directory.toString())))
                .hasMessageContaining("holds neither core-site.xml nor yarn-site.xml");
    }

    @Test
    void anUnreachableResourceManagerIsNamedWithinSeconds() throws IOException {
        // Port 1 of loopback: nobody listens there.
        write("core-site.xml", "fs.defaultFS", "hdfs://127.0.0.1:1");
        write("yarn-site.xml", "yarn.resourcemanager.address", "127.0.0.1:1");
        HadoopFolder folder = HadoopFolder.at(directory);
        assertThatThrownBy(() -> Yarn.connect(folder.configuration(), new Waiting(sentence -> {})))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                .hasMessage("No ResourceManager answers at 127.0.0.1:1. Check that YARN runs, and that HADOOP_CONF_DIR"
                        + " names the right cluster.");
    }

    @Test
    void anUnreachableHdfsIsNamed() throws IOException {
        write("core-site.xml", "fs.defaultFS", "hdfs://127.0.0.1:1");
        Hdfs hdfs = Hdfs.connect(HadoopFolder.at(directory).configuration(), "");
        assertThatThrownBy(hdfs::proveWritable)
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                .hasMessageContaining("HDFS was asked to write below hdfs://127.0.0.1:1/user/");
    }

    @Test
    void aConfigurationWithoutHdfsIsRefused() throws IOException {
        write("yarn-site.xml", "yarn.resourcemanager.address", "127.0.0.1:1");
        YarnConfiguration configuration = HadoopFolder.at(directory).configuration();
        assertThatThrownBy(() -> Hdfs.connect(configuration, ""))
                .hasMessageContaining("The Hadoop configuration names no HDFS (fs.defaultFS is file:///)");
    }

    private void write(String file, String key, String value) throws IOException {
        Files.writeString(
                directory.resolve(file),
                "<configuration><property><name>" + key + "</name><value>" + value
                        + "</value></property></configuration>");
    }
}
