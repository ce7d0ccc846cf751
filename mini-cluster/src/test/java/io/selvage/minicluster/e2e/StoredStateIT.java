package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.workload.Account;
import io.selvage.minicluster.workload.Workload;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a job has stored, looked into with the commands and read by another job, while it runs; and a state root that is
 * swept under it.
 */
@ExtendWith(MiniClusterExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StoredStateIT {
    private static final long KEYS = 200;
    private static final Map<String, String> SETTINGS = Map.of(
            "selvage.executor.minimum", "1",
            "selvage.executor.slots", "4",
            "selvage.executor.standby", "0",
            "selvage.executor.memory", "1g",
            "selvage.master.memory", "512m",
            "selvage.network.bind-host", "127.0.0.1",
            "selvage.heartbeat.timeout", "20s", // No executor is ever missed here.
            "selvage.checkpoint.retained", "1000", // None goes while commands are started, however slow the machine.
            "selvage.checkpoint.interval", "500ms");

    @TempDir
    static java.nio.file.Path directory;

    private Commands commands;
    private FileSystem hdfs;
    private Path folder;
    private SelvageClient client;
    private Configuration settings;
    private Session session;
    private String job;

    @BeforeAll
    void runAJob(MiniCluster cluster) throws Exception {
        java.nio.file.Path user = Files.createDirectory(directory.resolve("user"));
        commands = new Commands(cluster.configurationFolder(), user);
        hdfs = FileSystem.newInstance(cluster.hadoopConfiguration());
        folder = new Path(hdfs.getHomeDirectory(), "stored-state-it");
        java.nio.file.Path home = java.nio.file.Path.of("..").toAbsolutePath().normalize();
        client = SelvageClient.of(home, cluster.configurationFolder(), user);
        settings =
                Configuration.defaults().with(ShortLived.SETTINGS, "the test").with(SETTINGS, "the test");
        session = client.open(settings, OpenObserver.SILENT);
        Program program = new Program(
                ProgramJar.open(WorkloadJar.write(directory.resolve("workload.jar")), Workload.class.getName()),
                List.of(
                        "--keys",
                        Long.toString(KEYS),
                        "--state-bytes",
                        "100",
                        "--rate",
                        "1000",
                        "--output",
                        new Path(folder, "output").toString()));
        job = session.submit(program, settings, id -> {}).get(0);
        Commands.await("the job has checkpoints", () -> session.job(job), now -> now.getCheckpointsCompleted() >= 3);
    }

    @AfterAll
    void stopTheSession() throws IOException {
        session.stop("the test is done");
        session.close();
        client.close();
        hdfs.delete(folder, true);
        hdfs.close();
    }

    @Test
    void whatAJobHasStoredIsListedShownVerifiedAndRead() throws Exception {
        String savepoint = session.savepoint(job, folder.toString());
        JsonNode listed = json("checkpoint", "list", job, "-s", session.applicationId());
        assertThat(listed.size()).isGreaterThanOrEqualTo(3);
        JsonNode oldest = listed.get(listed.size() - 1);
        assertThat(oldest.get("standing").asText()).as(oldest.toString()).isEqualTo("RETAINED");
        assertThat(oldest.get("job_id").asText()).isEqualTo(job);
        assertThat(json("checkpoint", "list", session.stateRoot()).size()).isGreaterThanOrEqualTo(listed.size());
        assertThat(json("checkpoint", "list", folder.toString())
                        .get(0)
                        .get("path")
                        .asText())
                .isEqualTo(savepoint);

        for (String path : List.of(savepoint, oldest.get("path").asText())) {
            JsonNode shown = json("checkpoint", "show", path);
            assertThat(shown.get("job_id").asText()).isEqualTo(job);
            assertThat(shown.get("kind").asText()).isEqualTo(path.equals(savepoint) ? "SAVEPOINT" : "CHECKPOINT");
            JsonNode accounts = operator(shown, "accounts");
            assertThat(accounts.get("key_type").asText()).isEqualTo("i64");
            assertThat(accounts.get("states").findValuesAsText("name")).contains("account");
            assertThat(accounts.get("keys").asLong()).isBetween(1L, KEYS);
            JsonNode verified = json("checkpoint", "verify", path);
            assertThat(verified.get("whole").asBoolean())
                    .as(verified.toString())
                    .isTrue();
            assertThat(verified.get("keys")).isEqualTo(accounts.get("keys"));
        }
        Commands.Outcome text = commands.run("selvage", "checkpoint", "show", savepoint);
        assertThat(text.out()).contains("Savepoint ", job, "accounts, by keys of the type i64");

        readByAnotherJob(
                savepoint,
                operator(json("checkpoint", "show", savepoint), "accounts")
                        .get("keys")
                        .asLong());
        damage(savepoint);
        Commands.Outcome damaged = commands.run("selvage", "checkpoint", "verify", savepoint);
        assertThat(damaged.exitCode()).as(damaged.text()).isEqualTo(ExitCode.DAMAGED.code());
        assertThat(damaged.out()).contains(savepoint, ".data is damaged");
        assertRunsUnharmed();
    }

    @Test
    void orphansAreSweptUnderALivingJob() throws Exception {
        String application = session.stateRoot() + "/" + session.applicationId();
        String submission = plant(application + "/job-planted/graph.pb", Duration.ofHours(2));
        String underWay = plant(
                application + "/" + job + "/checkpoints/chk-0000000000999999/container_1-1.data", Duration.ofHours(2));
        String savepoint = plant(
                session.stateRoot() + "/savepoints/savepoint-aaaaaa-00000000000a/container_1-1-7.data",
                Duration.ofHours(30));
        List<String> orphans = List.of(parent(submission), parent(savepoint));

        assertThat(paths(json("fsck", session.stateRoot()))).containsExactlyInAnyOrderElementsOf(orphans);
        assertThat(paths(json("fsck", "-s", session.applicationId()))).containsExactly(parent(submission));
        Commands.Outcome asked = commands.run("selvage", "fsck", session.stateRoot(), "--delete");
        assertThat(asked.exitCode()).as(asked.text()).isEqualTo(ExitCode.USAGE.code());
        assertThat(hdfs.exists(new Path(submission))).isTrue();

        JsonNode deleted = json("fsck", session.stateRoot(), "--delete", "--yes");
        assertThat(paths(deleted)).containsExactlyInAnyOrderElementsOf(orphans);
        deleted.forEach(each -> assertThat(each.get("deleted").asBoolean()).isTrue());
        for (String orphan : orphans) {
            assertThat(hdfs.exists(new Path(orphan))).as(orphan).isFalse();
        }
        assertThat(hdfs.exists(new Path(underWay))).isTrue();
        hdfs.delete(new Path(parent(underWay)), true);
        assertThat(json("fsck", session.stateRoot())).isEmpty();
        assertRunsUnharmed();
        for (JsonNode each : json("checkpoint", "list", job)) {
            if (each.get("standing").asText().equals("RETAINED")
                    && each.get("number").asLong() <= 3) {
                assertThat(json("checkpoint", "verify", each.get("path").asText())
                                .get("whole")
                                .asBoolean())
                        .isTrue();
            }
        }
    }

    private void readByAnotherJob(String savepoint, long keys) throws Exception {
        java.nio.file.Path jar = TestJar.write(
                directory.resolve("balances.jar"),
                List.of(BalancesProgram.class, BalancesProgram.Balance.class, Account.class));
        Program program = new Program(
                ProgramJar.open(jar, BalancesProgram.class.getName()),
                List.of(savepoint, "2", new Path(folder, "balances").toString()));
        String reading = session.submit(program, settings, id -> {}).get(0);
        JobDescription end = session.awaitEnd(reading, JobObserver.SILENT);
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        TreeSet<Long> seen = new TreeSet<>();
        long updates = 0;
        for (String line : lines(new Path(folder, "balances"))) {
            String[] columns = line.split(",", -1);
            assertThat(seen.add(Long.parseLong(columns[0]))).as(line).isTrue();
            updates += Long.parseLong(columns[1]);
        }
        assertThat(seen).hasSize((int) keys);
        assertThat(updates).isGreaterThanOrEqualTo(keys);
    }

    private void assertRunsUnharmed() throws Exception {
        long before = session.job(job).getCheckpointsCompleted();
        JobDescription now = Commands.await(
                "the job goes on", () -> session.job(job), each -> each.getCheckpointsCompleted() > before + 1);
        assertThat(now.getPhase()).isEqualTo(JobPhase.RUNNING);
        assertThat(now.getRestarts()).isZero();
        assertThat(now.getCheckpointsFailed()).isZero();
    }

    private JsonNode json(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of(words));
        all.add("--json");
        Commands.Outcome outcome = commands.run("selvage", all.toArray(new String[0]));
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        return outcome.json();
    }

    private static JsonNode operator(JsonNode shown, String uid) {
        for (JsonNode each : shown.get("operators")) {
            if (each.get("uid").asText().equals(uid)) {
                return each;
            }
        }
        throw new AssertionError("no " + uid + " in " + shown);
    }

    private static List<String> paths(JsonNode orphans) {
        List<String> paths = new ArrayList<>();
        orphans.forEach(each -> paths.add(each.get("path").asText()));
        return paths;
    }

    private static String parent(String file) {
        return file.substring(0, file.lastIndexOf('/'));
    }

    /** A file that was written so long ago, as was its directory if it is new. */
    private String plant(String file, Duration age) throws IOException {
        Path path = new Path(file);
        boolean isNewDirectory = !hdfs.exists(path.getParent());
        hdfs.create(path).close();
        long millis = System.currentTimeMillis() - age.toMillis();
        hdfs.setTimes(path, millis, -1);
        if (isNewDirectory) {
            hdfs.setTimes(path.getParent(), millis, -1);
        }
        return file;
    }

    private List<String> lines(Path output) throws IOException {
        List<String> lines = new ArrayList<>();
        for (FileStatus file : hdfs.listStatus(output)) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(hdfs.open(file.getPath()), StandardCharsets.UTF_8))) {
                in.lines().filter(line -> !line.startsWith("key,")).forEach(lines::add);
            }
        }
        return lines;
    }

    private void damage(String savepoint) throws IOException {
        for (FileStatus file : hdfs.listStatus(new Path(savepoint))) {
            if (file.getPath().getName().endsWith(".data")) {
                byte[] bytes;
                try (var in = hdfs.open(file.getPath())) {
                    bytes = in.readAllBytes();
                }
                bytes[bytes.length / 2] ^= 1;
                try (var out = hdfs.create(file.getPath(), true)) {
                    out.write(bytes);
                }
            }
        }
    }
}
