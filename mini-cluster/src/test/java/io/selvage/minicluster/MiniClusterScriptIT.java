package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code scripts/mini-cluster.sh} as a user does; the cluster is a process of its own. */
@Tag("own-cluster")
class MiniClusterScriptIT {

    private static final Path SCRIPT =
            Path.of("..", "scripts", "mini-cluster.sh").toAbsolutePath().normalize();
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    @AfterEach
    void stopsWhatATestLeft() throws Exception {
        run("stop");
    }

    @Test
    void startsAClusterThatOutlivesTheCommandAndIsGoneAfterStop() throws Exception {
        Result start = run("start", "--node-managers", "1", "--memory", "1024");
        assertThat(start.exitCode()).as(start.toString()).isZero();
        assertThat(start.output()).contains("export HADOOP_CONF_DIR=" + folder.resolve("conf"));

        JsonNode status = new ObjectMapper().readTree(run("status", "--json").output());
        assertThat(status.at("/hdfs/uri").asText()).startsWith("hdfs://127.0.0.1:");
        assertThat(status.at("/hdfs/liveDataNodeCount").asInt()).isEqualTo(1);
        assertThat(status.at("/yarn/nodeManagers")).hasSize(1);
        assertThat(status.at("/yarn/nodeManagers/0/memoryMib").asInt()).isEqualTo(1024);
        assertThat(status.at("/yarn/runningApplications")).isEmpty();

        Result again = run("start");
        assertThat(again.exitCode()).isZero();
        assertThat(again.output()).contains("already runs", "pid " + status.get("pid"));

        // Never closed, as its cluster ends first.
        UnmanagedApplication application = UnmanagedApplication.register(configuration());
        application.run("exec sleep 300");
        awaitContainers();
        assertThat(run("status").output())
                .contains("Running applications: 1", application.id().toString());

        assertThat(run("stop").exitCode()).isZero();

        assertThat(ProcessHandle.of(status.get("pid").asLong()).filter(ProcessHandle::isAlive))
                .isEmpty();
        assertThat(ContainerProcesses.below(folder)).isEmpty();
        assertThat(run("status").exitCode()).isEqualTo(MiniClusterMain.NOT_RUNNING);
        assertThat(run("status", "--json").output()).isEqualTo("{\"running\":false}\n");
    }

    @Test
    void reapsTheContainersOfAClusterThatWasKilled() throws Exception {
        assertThat(run("start", "--node-managers", "1").exitCode()).isZero();
        UnmanagedApplication application = UnmanagedApplication.register(configuration());
        application.run("exec sleep 300");
        awaitContainers();

        long pid = new ObjectMapper()
                .readTree(run("status", "--json").output())
                .get("pid")
                .asLong();
        ProcessHandle daemon = ProcessHandle.of(pid).orElseThrow();
        daemon.destroyForcibly();
        Await.until("the end of the cluster", DEADLINE, () -> !daemon.isAlive());

        assertThat(run("status").exitCode()).isEqualTo(MiniClusterMain.NOT_RUNNING);
        assertThat(ContainerProcesses.below(folder)).isNotEmpty();
        Result stop = run("stop");
        assertThat(stop.exitCode()).isZero();
        assertThat(stop.output()).contains("No mini-cluster runs in " + folder, "container processes that it had left");
        assertThat(ContainerProcesses.below(folder)).isEmpty();
    }

    @Test
    void refusesAFolderWithOtherFilesAndDeletesNothing() throws Exception {
        Path precious = Files.writeString(folder.resolve("precious"), "mine");

        Result start = run("start");

        assertThat(start.exitCode()).isEqualTo(MiniClusterMain.FAILED);
        assertThat(start.output()).contains("choose a new or empty folder");
        assertThat(precious).hasContent("mine");
        assertThat(folder).isDirectoryNotContaining("glob:**/conf");
    }

    @Test
    void answersWrongCommandLinesWithASentenceAndExitCode2() throws Exception {
        Result unknown = run("restart");

        assertThat(unknown.exitCode()).isEqualTo(MiniClusterMain.WRONG_COMMAND_LINE);
        assertThat(unknown.output()).contains("'restart' is not a command: give one of start, stop, status.");
    }

    private Configuration configuration() {
        Configuration configuration = new Configuration(false);
        for (String file : List.of("core-default.xml", "yarn-default.xml")) {
            configuration.addResource(file);
        }
        for (String file : ConfigurationFolder.FILES) {
            configuration.addResource(new org.apache.hadoop.fs.Path(
                    folder.resolve("conf").resolve(file).toUri()));
        }
        // A cluster that is gone is not waited for.
        configuration.set("yarn.resourcemanager.connect.max-wait.ms", "1000");
        return configuration;
    }

    private void awaitContainers() throws Exception {
        Await.until(
                "a container process",
                DEADLINE,
                () -> !ContainerProcesses.below(folder).isEmpty());
    }

    private Result run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--dir", folder.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String output;
        try (InputStream in = process.getInputStream()) {
            output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        return new Result(process.waitFor(), output);
    }

    private record Result(int exitCode, String output) {}
}
