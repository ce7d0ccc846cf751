package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import acme.ExitingProgram;
import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a session was asked for reaches YARN and its processes, and whoever leaves it leaves it running. */
@ExtendWith(MiniClusterExtension.class)
final class SessionOptionsIT {
    private static final String GC_LOG = "-Xlog:gc*:file=gc.log";
    private static final Pattern OPEN = Pattern.compile("Session (application_\\d+_\\d+) is open");

    @TempDir
    Path directory;

    private Commands commands;

    @BeforeEach
    void setUp(MiniCluster cluster) throws Exception {
        commands = new Commands(cluster.configurationFolder(), Files.createDirectory(directory.resolve("user")));
    }

    @Test
    void aSessionHasWhatItWasOpenedWithAndOutlivesTheCommandsThatShowIt(MiniCluster cluster) throws Exception {
        Path rules = Files.writeString(directory.resolve("rules.txt"), "be kind");
        Path models = Files.createDirectories(directory.resolve("models/deep"));
        Files.writeString(models.resolve("one.bin"), "1");
        Path jar = TestJar.write(directory.resolve("driver.jar"), List.of(ExitingProgram.class));
        Commands.Running opener = commands.start(
                "yarn-session.sh",
                "-nm",
                "options",
                "-at",
                "Streams",
                "-tg",
                "it,Nightly",
                "-va",
                "bert ops",
                "-ma",
                "bert",
                "-t",
                rules.toString(),
                "-t",
                models.getParent().toString(),
                "-j",
                jar.toString(),
                "-jm",
                "512",
                "-tm",
                "1024",
                "-D",
                "selvage.state.root=/session-options-it",
                "-D",
                "selvage.network.bind-host=127.0.0.1",
                "-D",
                "selvage.executor.minimum=1",
                "-D",
                "selvage.executor.standby=0",
                "-D",
                "selvage.master.jvm-options=" + GC_LOG,
                "-D",
                "selvage.executor.jvm-options=" + GC_LOG,
                "-D",
                "selvage.master.env.REGION=south",
                "-D",
                "selvage.executor.env.REGION=north");
        Commands.await("an executor runs", opener::outSoFar, out -> out.contains("executors 1 "));
        String session = session(opener.outSoFar());

        ApplicationReport report = report(cluster, session);
        assertThat(report.getName()).isEqualTo("options");
        assertThat(report.getApplicationType()).isEqualTo("Streams");
        assertThat(report.getApplicationTags()).containsExactlyInAnyOrder("it", "nightly");
        JsonNode status = commands.run("selvage", "status", "--json", session).json();
        Path master = process(status.get("master_pid"));
        Path executor = process(status.get("executors").get(0).get("pid"));
        assertThat(variables(master)).contains("REGION=south");
        assertThat(variables(executor)).contains("REGION=north");
        for (Path process : List.of(master, executor)) {
            assertThat(process.resolve("cwd/gc.log")).exists();
            assertThat(words(process.resolve("cmdline"))).contains(GC_LOG);
            assertThat(process.resolve("cwd/rules.txt")).hasContent("be kind");
            assertThat(process.resolve("cwd/models/deep/one.bin")).hasContent("1");
        }
        assertThat(executor.resolve("cwd/user-jars/driver.jar")).hasSameBinaryContentAs(jar);
        assertThat(master.resolve("cwd/user-jars")).doesNotExist();

        opener.terminate();
        Commands.Outcome left = opener.await();
        assertThat(left.exitCode()).isEqualTo(143);
        assertThat(left.out())
                .contains("The session goes on, with its jobs. Come back: scripts/yarn-session.sh -id " + session);

        Commands.Running attached = commands.start("yarn-session.sh", "-id", session);
        Commands.await("it shows the session", attached::outSoFar, out -> out.contains("executors 1 "));
        assertThat(attached.outSoFar()).contains("Session " + session + " has been open for");
        Commands.Outcome stopped = commands.run("selvage", "stop", session);
        assertThat(stopped.exitCode()).as(stopped.text()).isZero();
        Commands.Outcome end = attached.await();
        assertThat(end.exitCode()).as(end.text()).isZero();
        assertThat(end.out()).contains("The session has ended: it was stopped.");
    }

    @Test
    void theClustersResourcesAreShownAndNothingIsOpened() throws Exception {
        Commands.Outcome query = commands.run("yarn-session.sh", "-q", "--json");
        assertThat(query.exitCode()).as(query.text()).isZero();
        assertThat(query.json().get("nodes").size()).isPositive();
        assertThat(query.json().get("nodes").get(0).get("memory_mib").asInt()).isPositive();
        JsonNode queue = query.json().get("queues").get(0);
        assertThat(queue.get("queue").asText()).isEqualTo("root.default");
        assertThat(queue.get("submittable").asBoolean()).isTrue();
        assertThat(directory.resolve("user/sessions")).doesNotExist();
    }

    @Test
    void whatCantBeHadIsRefusedBeforeAnythingIsUploaded(MiniCluster cluster) throws Exception {
        String root = "/session-options-it-refused";
        Commands.Outcome file = commands.run(
                "yarn-session.sh", "-d", "-D", "selvage.state.root=" + root, "-t", directory + "/nowhere.txt");
        assertThat(file.exitCode()).as(file.text()).isEqualTo(3);
        assertThat(file.err()).contains("There is no file " + directory + "/nowhere.txt");
        Commands.Outcome label =
                commands.run("yarn-session.sh", "-d", "-D", "selvage.state.root=" + root, "-nl", "gpu");
        assertThat(label.exitCode()).as(label.text()).isEqualTo(6);
        assertThat(label.err()).contains("the cluster has no such node label: it has none at all");
        try (FileSystem hdfs = FileSystem.newInstance(cluster.hadoopConfiguration())) {
            assertThat(hdfs.exists(new org.apache.hadoop.fs.Path(root))).isFalse();
        }
    }

    private static String session(String out) {
        Matcher matcher = OPEN.matcher(out);
        assertThat(matcher.find()).as(out).isTrue();
        return matcher.group(1);
    }

    private static ApplicationReport report(MiniCluster cluster, String session) throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(cluster.hadoopConfiguration());
            yarn.start();
            return yarn.getApplicationReport(ApplicationId.fromString(session));
        }
    }

    private static Path process(JsonNode pid) {
        return Path.of("/proc", pid.asText());
    }

    private static List<String> variables(Path process) throws Exception {
        return words(process.resolve("environ"));
    }

    private static List<String> words(Path file) throws Exception {
        return List.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\0", -1));
    }
}
