package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/** The folder with the Hadoop configuration of the cluster. Immutable. */
public final class HadoopFolder {
    /** What a session's processes need; files with passwords (ssl-client.xml) stay where they are. */
    private static final List<String> FILES =
            List.of("core-site.xml", "hdfs-site.xml", "yarn-site.xml", "resource-types.xml");

    private static final Path SYSTEM_DEFAULT = Path.of("/etc/hadoop/conf");

    private final Path path;

    private HadoopFolder(Path path) {
        this.path = path;
    }

    /** @throws ClientException if it holds no configuration */
    public static HadoopFolder at(Path path) {
        if (!Files.isDirectory(path)) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "There is no folder " + path + ". Set HADOOP_CONF_DIR to the Hadoop configuration of the cluster.");
        }
        HadoopFolder folder = new HadoopFolder(path.toAbsolutePath());
        if (folder.files().isEmpty()) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "The folder " + path + " holds neither core-site.xml nor yarn-site.xml. Set HADOOP_CONF_DIR to the"
                            + " Hadoop configuration of the cluster.");
        }
        return folder;
    }

    /**
     * The folder that the environment names, else the usual one.
     *
     * @throws ClientException if there is none
     */
    public static HadoopFolder find(Map<String, String> environment) {
        for (String variable : List.of("HADOOP_CONF_DIR", "YARN_CONF_DIR")) {
            String value = environment.get(variable);
            if (value != null && !value.isBlank()) {
                return at(Path.of(value));
            }
        }
        @Nullable String home = environment.get("HADOOP_HOME");
        Path ofHome = home == null ? SYSTEM_DEFAULT : Path.of(home, "etc", "hadoop");
        for (Path candidate : List.of(ofHome, SYSTEM_DEFAULT)) {
            if (Files.isDirectory(candidate)) {
                return at(candidate);
            }
        }
        throw new ClientException(
                ExitCode.NO_CLUSTER,
                "No Hadoop configuration was found. Set HADOOP_CONF_DIR to the folder that holds core-site.xml and"
                        + " yarn-site.xml of the cluster.");
    }

    public Path path() {
        return path;
    }

    /** The files of it that a session's processes get. */
    public List<Path> files() {
        return Stream.of(FILES.toArray(new String[0]))
                .map(path::resolve)
                .filter(Files::isReadable)
                .toList();
    }

    /** The settings, with the waits of Hadoop's clients cut down: a person waits here. */
    public YarnConfiguration configuration() {
        Configuration hadoop = new Configuration();
        for (Path file : files()) {
            hadoop.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
        }
        return Patience.shorten(new YarnConfiguration(hadoop));
    }
}
