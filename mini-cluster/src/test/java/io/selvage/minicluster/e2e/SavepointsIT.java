package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.minicluster.workload.AccountsOracle;
import io.selvage.minicluster.workload.Workload;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.VertexDescription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * One job, stopped or canceled and taken up again with its state on the disk, through the commands; the oracle counts
 * every record of it once.
 */
@ExtendWith(MiniClusterExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SavepointsIT {
    private static final int READERS = 2;
    private static final long KEYS = 200;
    private static final double RECORDS_PER_SECOND = 1000;
    private static final Map<String, String> SETTINGS = Map.of(
            "selvage.executor.minimum", "2",
            "selvage.executor.slots", "2",
            "selvage.executor.memory", "1g",
            "selvage.master.memory", "512m",
            "selvage.network.bind-host", "127.0.0.1",
            "selvage.heartbeat.timeout", "20s", // Whoever is killed is missed at once, and nobody else ever.
            "selvage.checkpoint.interval", "500ms");

    @TempDir
    static java.nio.file.Path directory;

    private long startMillis;
    private int stateBytes;
    private java.nio.file.Path endFile;
    /** What is to be there when the session has ended. */
    private Path retained;

    private String jar;
    private Commands commands;
    private FileSystem hdfs;
    private Path folder;
    private SelvageClient client;
    private Configuration settings;
    private Session session;

    @BeforeAll
    void openASession(MiniCluster cluster) throws IOException {
        jar = WorkloadJar.write(directory.resolve("workload.jar")).toString();
        java.nio.file.Path user = Files.createDirectory(directory.resolve("user"));
        commands = new Commands(cluster.configurationFolder(), user);
        hdfs = FileSystem.newInstance(cluster.hadoopConfiguration());
        folder = new Path(hdfs.getHomeDirectory(), "savepoints-it");
        hdfs.create(new Path(folder, "a-file")).close();
        java.nio.file.Path home = java.nio.file.Path.of("..").toAbsolutePath().normalize();
        client = SelvageClient.of(home, cluster.configurationFolder(), user);
        settings =
                Configuration.defaults().with(ShortLived.SETTINGS, "the test").with(SETTINGS, "the test");
        session = client.open(settings, OpenObserver.SILENT);
    }

    @BeforeEach
    void beginInput(TestInfo test) {
        startMillis = System.currentTimeMillis();
        stateBytes = 100;
        endFile = directory
                .resolve("end of " + test.getTestMethod().orElseThrow().getName())
                .toAbsolutePath();
    }

    @AfterAll
    void stopTheSessionAndSeeThatItLeavesWhatOutlivesIt() throws IOException {
        session.stop("the test is done");
        assertThat(hdfs.listStatus(new Path(session.stateRoot(), session.applicationId())))
                .as("all but the job that has left a checkpoint")
                .hasSize(1);
        assertThat(hdfs.exists(retained)).isTrue();
        session.close();
        client.close();
        hdfs.delete(folder, true);
        hdfs.close();
    }

    @Test
    void eachRecordCountsOnceAcrossAStopAndAStartAtAnotherParallelismOnTheDisk() throws Exception {
        int jobsBefore = session.jobs().size();
        String first = session.submit(program("output", 2), settings, id -> {}).get(0);
        await(first, job -> job.getCheckpointsCompleted() >= 2);

        String savepoint = savepoint();
        long number = numberOf(savepoint);
        assertThat(savepoint).startsWith(session.stateRoot() + "/savepoints/savepoint-");
        whatCantBeWrittenLeavesTheJobAsItIs(first);

        String stopped = stop(first);
        String moved = new Path(folder, "moved").toString();
        assertThat(hdfs.rename(new Path(stopped), new Path(moved))).isTrue();

        aDryRunTellsThatAllIsThere(moved);
        String second = start(moved, 3, "output", "-D", "selvage.state.backend=rocksdb");
        await(second, job -> job.getCheckpointsCompleted() >= 1);
        assertThat(hdfs.delete(new Path(moved), true))
                .as("the job has a checkpoint of its own, and needs it no more")
                .isTrue();
        JobDescription before = await(second, job -> job.getCheckpointsCompleted() >= 2);
        killAnExecutor();
        await(
                second,
                job -> job.getIncarnation() > before.getIncarnation()
                        && job.getCheckpointsCompleted() > before.getCheckpointsCompleted());
        long end = endInput();
        JobDescription finished = session.awaitEnd(second, JobObserver.SILENT);
        assertThat(finished.getPhase()).as(finished.toString()).isEqualTo(JobPhase.FINISHED);
        assertRight(end, lines("output", any -> true));

        aFlippedBitFailsTheJobAtOnceAndLeavesAllAsItIs(savepoint);

        // Another life for the same job: what it had written up to the first savepoint, and what it writes after that.
        String other = session.submit(program("other", 1), settings, id -> {}, new StartPoint(savepoint, false, false))
                .get(0);
        JobDescription otherEnd = session.awaitEnd(other, JobObserver.SILENT);
        assertThat(otherEnd.getPhase()).as(otherEnd.toString()).isEqualTo(JobPhase.FINISHED);
        List<String> lines = lines("output", name -> checkpointOf(name) <= number);
        lines.addAll(lines("other", any -> true));
        assertRight(end, lines);
        assertThat(hdfs.exists(new Path(savepoint, "_metadata"))).isTrue();

        assertRefused(program("refused", 2), settings, stopped, "does not exist");
        assertRefused(program("refused", 2), settings, folder.toString(), "holds no metadata");
        assertRefused(program("refused", 2, "--uid", "renamed"), settings, savepoint, "by uid: accounts");
        assertRefused(
                program("refused", 2),
                settings.with(Map.of("selvage.parallelism.max", "64"), "the test"),
                savepoint,
                "maximum parallelism 128");
        damage(savepoint);
        assertRefused(program("refused", 2), settings, savepoint, "is damaged");
        assertThat(session.jobs()).as("nothing was submitted").hasSize(jobsBefore + 4);
    }

    @Test
    void eachRecordCountsOnceAcrossCheckpointsThatOutliveTheirJobsOfEitherBackend() throws Exception {
        stateBytes = 2_000; // So that checkpoints are chains.
        Configuration retaining = settings.with(Map.of("selvage.checkpoint.on-cancel", "retain"), "the test");
        String first = session.submit(program("kept", 2), retaining, id -> {}).get(0);
        await(first, job -> job.getCheckpointsCompleted() >= 4);
        triggerOne(first);
        Path ofFirst = cancel(first);

        String second = start(
                ofFirst.toString(),
                3,
                "kept",
                "--claim",
                "-D",
                "selvage.state.backend=rocksdb",
                "-D",
                "selvage.checkpoint.on-cancel=retain");
        Commands.await("the claimed one is deleted", () -> hdfs.exists(ofFirst), isThere -> !isThere);
        assertThat(hdfs.exists(ofFirst.getParent().getParent()))
                .as("with the directory of its job")
                .isFalse();
        await(second, job -> job.getCheckpointsCompleted() >= 6);
        retained = cancel(second);
        Commands.Outcome verified = commands.run("selvage", "checkpoint", "verify", retained.toString(), "--json");
        assertThat(verified.exitCode()).as(verified.text()).isZero();
        assertThat(verified.json().get("whole").asBoolean())
                .as("what it builds on is kept")
                .isTrue();

        String third = start(retained.toString(), 2, "kept", "-D", "selvage.state.backend=heap");
        await(third, job -> job.getCheckpointsCompleted() >= 2);
        long end = endInput();
        JobDescription finished = session.awaitEnd(third, JobObserver.SILENT);
        assertThat(finished.getPhase()).as(finished.toString()).isEqualTo(JobPhase.FINISHED);
        assertRight(end, lines("kept", any -> true));
    }

    /** Of the one job that runs. */
    private void triggerOne(String job) throws Exception {
        Commands.Outcome taken =
                commands.run("selvage", "checkpoint", "trigger", "--json", "-s", session.applicationId());
        assertThat(taken.exitCode()).as(taken.text()).isZero();
        assertThat(taken.json().get("job_id").asText()).isEqualTo(job);
        assertThat(taken.json().get("state").asText()).isEqualTo("CHECKPOINT_COMPLETED");
        assertThat(taken.json().get("state_bytes").asLong())
                .isGreaterThanOrEqualTo(taken.json().get("bytes").asLong());
        assertThat(taken.json().get("slowest").asText()).startsWith("The longest part of ");
        assertThat(taken.json().get("subtasks")).isNotEmpty();
        Commands.Outcome shown = commands.run("selvage", "status", "--job", job, session.applicationId());
        assertThat(shown.text()).contains("BACK-PRESSURED", "CHECKPOINT  BEGUN AT", "complete", "The longest part of ");
        Commands.Outcome refused =
                commands.run("selvage", "checkpoint", "trigger", "job-nowhere", "-s", session.applicationId());
        assertThat(refused.exitCode()).as(refused.text()).isEqualTo(ExitCode.NO_SESSION.code());
    }

    /** Answers the directory of the checkpoint that it leaves. */
    private Path cancel(String job) throws Exception {
        Commands.Outcome canceled = commands.run("selvage", "cancel", "--json", "-s", session.applicationId(), job);
        assertThat(canceled.exitCode()).as(canceled.text()).isZero();
        Path kept = new Path(canceled.json().get("retained_checkpoint").asText());
        assertThat(kept.getName()).startsWith("chk-");
        assertThat(hdfs.exists(kept)).isTrue();
        // The command returns once the end is durable; what is not kept is deleted right after.
        Commands.await(
                "only checkpoints are left",
                () -> hdfs.listStatus(kept.getParent().getParent()).length,
                left -> left == 1);
        return kept;
    }

    /** Of the one job that runs, which goes on. */
    private String savepoint() throws Exception {
        Commands.Outcome taken = commands.run("selvage", "savepoint", "-s", session.applicationId());
        assertThat(taken.exitCode()).as(taken.text()).isZero();
        String path = taken.out().strip();
        assertThat(hdfs.exists(new Path(path, "_metadata"))).as(path).isTrue();
        return path;
    }

    private void whatCantBeWrittenLeavesTheJobAsItIs(String job) throws Exception {
        String file = new Path(folder, "a-file").toString();
        long checkpoints = session.job(job).getCheckpointsCompleted();
        assertThatThrownBy(() -> session.stopWithSavepoint(job, file, false))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.SAVEPOINT_FAILED))
                .hasMessageContainingAll("was not taken", "a-file")
                .hasMessageNotContaining("\tat ");
        JobDescription now = await(job, going -> going.getCheckpointsCompleted() > checkpoints + 1);
        assertThat(now.getPhase()).isEqualTo(JobPhase.RUNNING);
        assertThat(now.getRestarts()).isZero();
    }

    private String stop(String job) throws Exception {
        Commands.Outcome stopped =
                commands.run("selvage", "stop", job, "--json", "--savepoint=" + folder, "-s", session.applicationId());
        assertThat(stopped.exitCode()).as(stopped.text()).isZero();
        String path = stopped.json().get("savepoint").asText();
        assertThat(stopped.json().get("phase").asText()).isEqualTo("FINISHED");
        assertThat(stopped.json().get("restarts").asInt()).isZero();
        assertThat(hdfs.listStatus(new Path(folder, "output")))
                .as("all of its output is committed")
                .allMatch(file -> file.getPath().getName().startsWith("part-"));
        return path;
    }

    /** In the midst of a file, where none but the tasks look; it is flipped back at the end. */
    private void aFlippedBitFailsTheJobAtOnceAndLeavesAllAsItIs(String savepoint) throws Exception {
        Path file = largestFile(savepoint);
        byte[] whole = bytes(file);
        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 4;
        overwrite(file, flipped);
        Map<Path, Long> before = lengths(savepoint);
        String damaged = start(savepoint, 2, "damaged", "--claim");
        JobDescription end = session.awaitEnd(damaged, JobObserver.SILENT);
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FAILED);
        assertThat(end.getRestarts()).as("another try would find the same").isZero();
        assertThat(end.getFailure().getMessage())
                .contains(file.toUri().getPath(), "is damaged", "checksum", "HDFS snapshot or backup");
        assertThat(lengths(savepoint)).as("also of what was claimed").isEqualTo(before);
        assertThat(bytes(file)).isEqualTo(flipped);
        assertThat(session.describe().getExecutorsList())
                .as("the session goes on")
                .isNotEmpty();
        overwrite(file, whole);
    }

    private Path largestFile(String directory) throws IOException {
        return lengths(directory).entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    private Map<Path, Long> lengths(String directory) throws IOException {
        Map<Path, Long> lengths = new TreeMap<>();
        for (FileStatus file : hdfs.listStatus(new Path(directory))) {
            lengths.put(file.getPath(), file.getLen());
        }
        return lengths;
    }

    private void aDryRunTellsThatAllIsThere(String from) throws Exception {
        int jobs = session.jobs().size();
        List<String> words = new ArrayList<>(List.of("run", "-s", session.applicationId(), "--dry-run", "--json"));
        words.addAll(List.of("--from", from, "-c", Workload.class.getName(), jar));
        words.addAll(arguments("output", 3));
        Commands.Outcome run = commands.run("selvage", words.toArray(new String[0]));
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.out())
                .contains("\"uid\": \"accounts\"", "\"fate\": \"restored\"")
                .doesNotContain("\"fate\": \"evolved\"", "\"fate\": \"dropped\"", "\"fate\": \"refused\"");
        assertThat(session.jobs()).as("nothing was submitted").hasSize(jobs);
    }

    @Test
    void eachRecordCountsOnceWhileTheParallelismChangesAndProcessesDie() throws Exception {
        String job = session.submit(program("rescaled", 1), settings, id -> {}).get(0);
        await(job, now -> now.getCheckpointsCompleted() >= 2);
        assertThat(parallelism(job)).containsExactly(1);
        Commands.Outcome more = rescale(job, "3").await();
        assertThat(more.exitCode()).as(more.text()).isZero();
        assertThat(more.out()).contains("3 subtasks of \"");
        JobDescription before = await(job, now -> now.getPhase() == JobPhase.RUNNING);
        assertThat(parallelism(job)).containsExactlyInAnyOrder(1, 3);
        await(job, now -> now.getCheckpointsCompleted() > before.getCheckpointsCompleted());
        killAnExecutor();
        await(
                job,
                now -> now.getIncarnation() > before.getIncarnation()
                        && now.getCheckpointsCompleted() > before.getCheckpointsCompleted() + 2);
        assertThat(parallelism(job)).containsExactlyInAnyOrder(1, 3);

        Commands.Outcome tooMuch = rescale(job, "129").await();
        assertThat(tooMuch.exitCode()).as(tooMuch.text()).isEqualTo(6);
        assertThat(tooMuch.err()).contains("can have 1 to 128 subtasks");

        // Whichever master has it begun, the job has either parallelism.
        Commands.Running less = rescale(job, "2");
        session.drill(DrillKind.DRILL_KILL, "");
        Commands.Outcome done = less.await();
        assertThat(done.exitCode()).as(done.text()).isZero();
        assertThat(parallelism(job)).containsExactlyInAnyOrder(1, 2);
        long end = endInput();
        JobDescription finished = session.awaitEnd(job, JobObserver.SILENT);
        assertThat(finished.getPhase()).as(finished.toString()).isEqualTo(JobPhase.FINISHED);
        assertRight(end, lines("rescaled", any -> true));
    }

    private Commands.Running rescale(String job, String parallelism) throws IOException {
        return commands.start("selvage", "rescale", "-s", session.applicationId(), job, parallelism);
    }

    private Set<Integer> parallelism(String job) {
        return session.job(job).getVerticesList().stream()
                .map(VertexDescription::getParallelism)
                .collect(Collectors.toSet());
    }

    private String start(String from, int parallelism, String output, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of("run", "-s", session.applicationId(), "-d", "--json"));
        words.addAll(List.of("--from", from, "-c", Workload.class.getName()));
        words.addAll(List.of("-D", "selvage.checkpoint.interval=500ms"));
        words.addAll(List.of(more));
        words.add(jar);
        words.addAll(arguments(output, parallelism));
        Commands.Outcome run = commands.run("selvage", words.toArray(new String[0]));
        assertThat(run.exitCode()).as(run.text()).isZero();
        return run.json().get("job_ids").get(0).asText();
    }

    private void assertRefused(Program program, Configuration with, String from, String reason) {
        assertThatThrownBy(() -> session.submit(program, with, id -> {}, new StartPoint(from, false, false)))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.NOT_RESTORABLE))
                .hasMessageContaining(reason);
    }

    private Program program(String output, int parallelism, String... more) {
        List<String> arguments = new ArrayList<>(arguments(output, parallelism));
        arguments.addAll(List.of(more));
        return new Program(ProgramJar.open(java.nio.file.Path.of(jar), Workload.class.getName()), arguments);
    }

    private List<String> arguments(String output, int parallelism) {
        return List.of(
                "--keys", Long.toString(KEYS),
                "--state-bytes", Integer.toString(stateBytes),
                "--rate", Double.toString(RECORDS_PER_SECOND),
                "--readers", Integer.toString(READERS),
                "--parallelism", Integer.toString(parallelism),
                "--start", Long.toString(startMillis),
                "--end-file", endFile.toString(),
                "--output", new Path(folder, output).toString());
    }

    private JobDescription await(String job, Predicate<JobDescription> good) throws Exception {
        return Commands.await("the job has come far enough", () -> session.job(job), now -> {
            assertThat(now.getPhase())
                    .as(now.toString())
                    .isNotIn(JobPhase.FAILED, JobPhase.CANCELED, JobPhase.FINISHED);
            return good.test(now);
        });
    }

    private void killAnExecutor() {
        ExecutorDescription busy = session.describe().getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .findFirst()
                .orElseThrow();
        assertThat(ProcessHandle.of(busy.getPid()).orElseThrow().destroyForcibly())
                .isTrue();
    }

    /** Answers the sequence number before which every reader ends. */
    private long endInput() throws IOException {
        return VerifiedJob.writeEnd(endFile, startMillis, RECORDS_PER_SECOND / READERS);
    }

    private static void assertRight(long end, List<String> lines) {
        AccountsOracle oracle = new AccountsOracle(READERS, KEYS, end);
        lines.forEach(oracle::add);
        AccountsOracle.Verdict verdict = oracle.verdict();
        assertThat(verdict.isRight()).as(verdict.toString()).isTrue();
        assertThat(verdict.lines()).isEqualTo(end * READERS).isPositive();
    }

    private List<String> lines(String output, Predicate<String> ofFile) throws IOException {
        List<String> lines = new ArrayList<>();
        for (FileStatus file : hdfs.listStatus(new Path(folder, output))) {
            String name = file.getPath().getName();
            if (name.equals("_selvage")) {
                continue; // Of a job that was canceled: what no checkpoint holds.
            }
            assertThat(name).startsWith("part-");
            if (ofFile.test(name)) {
                try (BufferedReader in =
                        new BufferedReader(new InputStreamReader(hdfs.open(file.getPath()), StandardCharsets.UTF_8))) {
                    in.lines().filter(line -> !line.startsWith("key,")).forEach(lines::add);
                }
            }
        }
        return lines;
    }

    /** The last number in a name is the checkpoint's, in output files as in a savepoint's. */
    private static long checkpointOf(String name) {
        String stem = name.substring(0, name.lastIndexOf('.'));
        return Long.parseLong(stem.substring(stem.lastIndexOf('-') + 1));
    }

    private long numberOf(String savepoint) throws IOException {
        for (FileStatus file : hdfs.listStatus(new Path(savepoint))) {
            if (file.getPath().getName().endsWith(".data")) {
                return checkpointOf(file.getPath().getName());
            }
        }
        throw new AssertionError(savepoint + " has no files");
    }

    private void damage(String savepoint) throws IOException {
        Path metadata = new Path(savepoint, "_metadata");
        byte[] bytes = bytes(metadata);
        bytes[bytes.length / 2] ^= 1;
        overwrite(metadata, bytes);
    }

    private byte[] bytes(Path file) throws IOException {
        try (var in = hdfs.open(file)) {
            return in.readAllBytes();
        }
    }

    private void overwrite(Path file, byte[] bytes) throws IOException {
        try (var out = hdfs.create(file, true)) {
            out.write(bytes);
        }
    }
}
