package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerExitStatus;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // A test that is interrupted while it closes fails, and that is all there is to do.
@ExtendWith(MiniClusterExtension.class)
class MiniClusterIT {

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int EXIT_OF_SIGKILL = 128 + 9;
    private static final String SLEEP = "exec sleep 300";

    @TempDir
    Path folder;

    @Test
    void servesHdfsToAnyClientOfTheConfigurationFolder(MiniCluster cluster) throws Exception {
        Configuration client = new Configuration(false);
        for (String file : List.of("core-site.xml", "hdfs-site.xml", "yarn-site.xml")) {
            client.addResource(new org.apache.hadoop.fs.Path(
                    cluster.configurationFolder().resolve(file).toUri()));
        }
        try (FileSystem hdfs = FileSystem.newInstance(client)) {
            assertThat(hdfs.getUri()).hasScheme("hdfs").hasHost("127.0.0.1");
            org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path("/tmp/written-by-a-client");
            try (FSDataOutputStream out = hdfs.create(file)) {
                out.write("selvage".getBytes(StandardCharsets.UTF_8));
                out.hsync();
            }
            try (var in = hdfs.open(file)) {
                assertThat(in.readAllBytes()).isEqualTo("selvage".getBytes(StandardCharsets.UTF_8));
            }
            assertThat(hdfs.getFileStatus(hdfs.getHomeDirectory()).isDirectory())
                    .isTrue();
        }
    }

    @Test
    void tellsTheClientTheExitStatusOfAnApplicationMaster(Configuration configuration) throws Exception {
        Path written = folder.resolve("written-by-the-am");
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(configuration);
            yarn.start();
            ApplicationSubmissionContext context = yarn.createApplication().getApplicationSubmissionContext();
            context.setApplicationName("shell");
            context.setResource(Resource.newInstance(64, 1));
            context.setMaxAppAttempts(1);
            context.setAMContainerSpec(ContainerLaunchContext.newInstance(
                    null, null, List.of("echo $CONTAINER_ID > " + written + "; exit 7"), null, null, null));
            ApplicationId id = yarn.submitApplication(context);

            ApplicationReport report = Await.value("the end of " + id, DEADLINE, () -> {
                ApplicationReport now = yarn.getApplicationReport(id);
                return now.getYarnApplicationState() == YarnApplicationState.FAILED ? now : null;
            });

            assertThat(report.getDiagnostics()).contains("exitCode: 7");
            assertThat(written).content().startsWith("container_");
        }
    }

    @Test
    void runsContainersAsProcessesOfTheOperatingSystem(Configuration configuration) throws Exception {
        try (UnmanagedApplication application = UnmanagedApplication.register(configuration)) {
            Container container = application.run("echo $$ > " + folder.resolve("pid") + "; " + SLEEP);
            assertThat(container.getResource().getMemorySize())
                    .as("no more than was asked for")
                    .isEqualTo(UnmanagedApplication.SIZE.getMemorySize());
            ProcessHandle process = process(folder.resolve("pid"));

            process.destroyForcibly();

            assertThat(application.awaitCompleted(container.getId()).getExitStatus())
                    .isEqualTo(EXIT_OF_SIGKILL);
        }
    }

    @Test
    void givesContainersWhatANodeGivesThemAndNothingOfTheEmbeddingProgram(
            MiniCluster cluster, Configuration configuration) throws Exception {
        Path written = folder.resolve("environment");
        try (UnmanagedApplication application = UnmanagedApplication.register(configuration)) {
            Container container = application.run("env > " + written);
            assertThat(application.awaitCompleted(container.getId()).getExitStatus())
                    .isZero();
        }
        Map<String, String> environment = Files.readAllLines(written).stream()
                .filter(line -> line.contains("="))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf('=')),
                        line -> line.substring(line.indexOf('=') + 1),
                        (first, second) -> first));

        assertThat(environment)
                .containsEntry("JAVA_HOME", System.getProperty("java.home"))
                .containsEntry("HADOOP_CONF_DIR", cluster.configurationFolder().toString())
                .containsKeys("CONTAINER_ID", "LOCAL_DIRS", "LOG_DIRS", "NM_HOST", "USER")
                .doesNotContainKeys("HADOOP_HOME", "HADOOP_COMMON_HOME", "SELVAGE_SET_BY_THE_BUILD");
        assertThat(System.getenv()).containsKey("SELVAGE_SET_BY_THE_BUILD");
    }

    @Test
    void listensOnLoopbackOnly(MiniCluster cluster) throws Exception {
        assertThat(cluster.configurationFolder()).exists();
        assertThat(Listeners.ofThisProcess())
                .hasSizeGreaterThan(10)
                .allSatisfy(address -> assertThat(address.getAddress().isLoopbackAddress())
                        .as(address.toString())
                        .isTrue());
    }

    @Test
    void keepsFilesWhenTheNameNodeRestarts(MiniCluster cluster, Configuration configuration) throws Exception {
        try (FileSystem hdfs = FileSystem.newInstance(configuration)) {
            org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path("/tmp/older-than-the-name-node");
            try (FSDataOutputStream out = hdfs.create(file)) {
                out.write(1);
            }

            cluster.stopNameNode();
            cluster.startNameNode();

            try (var in = hdfs.open(file)) {
                assertThat(in.read()).isEqualTo(1);
            }
            try (FSDataOutputStream out = hdfs.create(file, true)) {
                out.write(2);
            }
        }
    }

    @Test
    void keepsContainersWhenTheirNodeManagerRestarts(MiniCluster cluster, Configuration configuration)
            throws Exception {
        try (UnmanagedApplication application = UnmanagedApplication.register(configuration)) {
            Container container = application.run("echo $$ > " + folder.resolve("pid") + "; " + SLEEP);
            ProcessHandle process = process(folder.resolve("pid"));
            int node = nodeOf(cluster, container);

            cluster.stopNodeManager(node);
            assertThat(process.isAlive()).isTrue();
            cluster.startNodeManager(node);

            assertThat(process.isAlive()).isTrue();
            process.destroyForcibly();
            // The new NodeManager is not the parent of the process: it sees the end, but not always the signal.
            assertThat(application.awaitCompleted(container.getId()).getExitStatus())
                    .isNotZero();
        }
    }

    @Test
    void keepsApplicationsWhenTheResourceManagerRestarts(MiniCluster cluster, Configuration configuration)
            throws Exception {
        try (UnmanagedApplication application = UnmanagedApplication.register(configuration)) {
            Container container = application.run("echo $$ > " + folder.resolve("pid") + "; " + SLEEP);
            ProcessHandle process = process(folder.resolve("pid"));

            cluster.stopResourceManager();
            cluster.startResourceManager();

            assertThat(application.state()).isIn(YarnApplicationState.ACCEPTED, YarnApplicationState.RUNNING);
            assertThat(process.isAlive()).isTrue();
            process.destroyForcibly();
            assertThat(application.awaitCompleted(container.getId()).getExitStatus())
                    .isEqualTo(EXIT_OF_SIGKILL);
        }
    }

    @Test
    void reportsContainersOfALostNodeAsLost(MiniCluster cluster, Configuration configuration) throws Exception {
        try (UnmanagedApplication application = UnmanagedApplication.register(configuration)) {
            Container container = application.run("echo $$ > " + folder.resolve("pid") + "; " + SLEEP);
            ProcessHandle process = process(folder.resolve("pid"));
            int node = nodeOf(cluster, container);

            try {
                assertThat(cluster.loseNode(node)).isPositive();

                Await.until("the end of " + process.pid(), DEADLINE, () -> !process.isAlive());
                assertThat(application.awaitCompleted(container.getId()).getExitStatus())
                        .isEqualTo(ContainerExitStatus.ABORTED);
            } finally {
                cluster.startNodeManager(node);
            }
        }
    }

    @Test
    void writesNoSettingOfDaemonsIntoTheFolderOfClients(MiniCluster cluster) throws Exception {
        Set<String> keys = new TreeSet<>();
        Configuration written = new Configuration(false);
        written.addResource(new org.apache.hadoop.fs.Path(
                cluster.configurationFolder().resolve("yarn-site.xml").toUri()));
        written.forEach(entry -> keys.add(entry.getKey()));

        assertThat(keys)
                .contains("yarn.resourcemanager.address", "yarn.resourcemanager.webapp.address")
                .doesNotContain("yarn.is.minicluster", "yarn.nodemanager.container-executor.class");
    }

    private static int nodeOf(MiniCluster cluster, Container container) throws Exception {
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            try (var files = Files.walk(cluster.nodeFolder(node).resolve("log"))) {
                if (files.anyMatch(file -> file.endsWith(container.getId().toString()))) {
                    return node;
                }
            }
        }
        throw new AssertionError("No node has a folder for the logs of " + container.getId() + ".");
    }

    private static ProcessHandle process(Path file) throws Exception {
        String pid = Await.value("the process number in " + file, DEADLINE, () -> {
            String text = Files.exists(file) ? Files.readString(file).trim() : "";
            return text.isEmpty() ? null : text;
        });
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }
}
