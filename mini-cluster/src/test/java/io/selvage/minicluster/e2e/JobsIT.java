package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import acme.PoisonedFlights;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.oracle.FlightDelaysOracle;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * One session for all tests: jobs that end well, that are hit, that are canceled, and that fail; then it is stopped.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class JobsIT {
    private static final String FROM = "the test";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 100;
    private static final double UNLIMITED = 0;
    /** 20,000 flights last 16 seconds: time for checkpoints before a kill, and for a recovery after it. */
    private static final double SLOW = 1250;
    /** 20,000 flights last for a minute: a command that is started meanwhile finds the job running. */
    private static final double SLOWER = 330;
    /** 20,000 flights last for hours. */
    private static final double ENDLESS = 5;

    private static final java.nio.file.Path HOME = java.nio.file.Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .getParent();
    private static final java.nio.file.Path FLIGHTS = HOME.resolve("examples/data/flights.csv");
    private static final java.nio.file.Path AIRPORTS = HOME.resolve("examples/data/airports.csv");
    private static final Map<String, String> SESSION_SETTINGS = Map.of(
            "selvage.executor.minimum", "2",
            "selvage.executor.memory", "1g",
            "selvage.master.memory", "512m",
            "selvage.heartbeat.timeout", "20s", // Whoever is killed is missed at once, and nobody else ever.
            "selvage.network.bind-host", "127.0.0.1");
    private static final Map<String, String> JOB_SETTINGS = Map.of(
            "selvage.checkpoint.interval", "500ms",
            "selvage.parallelism.default", "2",
            "selvage.restart.policy", "fixed",
            "selvage.restart.attempts", "2");

    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @TempDir
    static java.nio.file.Path scratch;

    private static FileSystem files;
    private static Path folder;
    private static SelvageClient client;
    private static Session session;
    private static Configuration settings;
    private static Commands commands;

    @BeforeAll
    static void openSession() throws IOException {
        MiniCluster cluster = HADOOP.cluster();
        files = FileSystem.newInstance(cluster.hadoopConfiguration());
        folder = new Path(files.getHomeDirectory(), "jobs-it");
        put(FLIGHTS, "flights.csv");
        put(AIRPORTS, "airports.csv");
        java.nio.file.Path userDirectory = Files.createDirectory(scratch.resolve("user"));
        client = SelvageClient.of(HOME, cluster.configurationFolder(), userDirectory);
        settings = Configuration.defaults().with(SESSION_SETTINGS, FROM).with(JOB_SETTINGS, FROM);
        session = client.open(settings, OpenObserver.SILENT);
        commands = new Commands(cluster.configurationFolder(), userDirectory);
    }

    @AfterAll
    static void stopSession() throws IOException {
        if (session != null) {
            if (!session.hasEnded()) {
                session.stop("the tests are done");
            }
            session.close();
        }
        if (client != null) {
            client.close();
        }
        files.delete(folder, true);
        files.close();
    }

    @Test
    void outputIsTheOracles(TestInfo test) throws IOException {
        JobDescription end = awaitEnd(submit(test, "flights.csv", UNLIMITED, "fail"));
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).isZero();
        assertThat(end.getRecordsRead()).isEqualTo(20_000);
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
        assertThat(files.listStatus(outputFolder(test)))
                .as("nothing but committed files")
                .allMatch(file -> file.getPath().getName().startsWith("part-"));
    }

    @Test
    void inputThatIsOutOfOrderGivesTheSameResult(TestInfo test) throws IOException {
        putShuffled("shuffled.csv");
        JobDescription end = awaitEnd(submit(test, "shuffled.csv", UNLIMITED, "fail"));
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRecordsLate()).isZero();
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
    }

    /** The flights are one split, so that what has been read is a beginning of the file. */
    @Test
    void drainedJobFiresItsWindowsAndWhateverComesAfterThatIsLate(TestInfo test) throws Exception {
        String job = session.submit(program(test, "flights.csv", SLOWER, "fail", "128m"), settings, id -> {})
                .get(0);
        await(job, running -> running.getCheckpointsCompleted() >= 2 && running.getRecordsRead() > 1000);
        Commands.Outcome stopped = commands.run(
                "selvage",
                "stop",
                job,
                "--savepoint=" + new Path(folder, "drained"),
                "--drain",
                "--json",
                "-s",
                session.applicationId());
        assertThat(stopped.exitCode()).as(stopped.text()).isZero();
        assertThat(stopped.json().get("phase").asText()).isEqualTo("FINISHED");
        JobDescription end = awaitEnd(job);
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).isZero();
        assertThat(end.getRecordsLate()).isZero();
        assertThat(end.getRecordsRead()).isBetween(1001L, 19_999L);
        List<String> drained = expected(firstFlights(end.getRecordsRead()));
        assertThat(output(test)).as("all windows, the unfinished ones as well").isEqualTo(drained);
        assertThat(files.listStatus(outputFolder(test)))
                .as("nothing but committed files")
                .allMatch(file -> file.getPath().getName().startsWith("part-"));

        StartPoint savepoint = new StartPoint(stopped.json().get("savepoint").asText(), false, false);
        String next = session.submit(
                        program(test, "flights.csv", UNLIMITED, "fail", "128m"), settings, id -> {}, savepoint)
                .get(0);
        JobDescription after = awaitEnd(next);
        assertThat(after.getPhase()).as(after.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(after.getRecordsRead()).isEqualTo(20_000 - end.getRecordsRead());
        assertThat(after.getRecordsLate()).isEqualTo(after.getRecordsRead());
        assertThat(output(test)).as("no window fires twice").isEqualTo(drained);
    }

    private static java.nio.file.Path firstFlights(long count) throws IOException {
        java.nio.file.Path local = scratch.resolve("first-flights.csv");
        Files.write(local, Files.readAllLines(FLIGHTS).subList(0, Math.toIntExact(1 + count)));
        return local;
    }

    @Test
    void killedTaskContainerChangesNothing(TestInfo test) throws IOException, InterruptedException {
        String job = submit(test, "flights.csv", SLOW, "fail");
        await(job, running -> running.getCheckpointsCompleted() >= 3);
        SessionDescription before = session.describe();
        ExecutorDescription victim = busyExecutor(before);
        kill(victim.getPid());
        JobDescription end = awaitEnd(job);

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).isEqualTo(1);
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
        SessionDescription after = session.describe();
        assertThat(after.getEpoch()).isEqualTo(before.getEpoch());
        assertThat(pids(after)).doesNotContain(victim.getPid());
        assertThat(busyPids(before).stream().filter(pids(after)::contains))
                .as("the executor that was not killed keeps its process")
                .isNotEmpty();
    }

    @Test
    void killedMasterChangesNothing(TestInfo test) throws IOException, InterruptedException {
        String job = submit(test, "flights.csv", SLOW, "fail");
        await(job, running -> running.getCheckpointsCompleted() >= 3);
        SessionDescription before = session.describe();
        long killedNanos = System.nanoTime();
        kill(before.getMasterPid());
        awaitTrue("the next master completes a checkpoint", () -> {
            JobDescription now = session.job(job);
            return now.getFirstCheckpointMillis() > 0 && session.describe().getEpoch() > before.getEpoch();
        });
        System.out.println("JobsIT: kill -9 of the master to the next checkpoint: "
                + Duration.ofNanos(System.nanoTime() - killedNanos).toMillis() + " ms");
        JobDescription end = awaitEnd(job);

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).as(end.toString()).isZero();
        assertThat(end.getIncarnation()).isEqualTo(1);
        assertThat(end.getRecordsRead()).as("nothing is replayed").isEqualTo(20_000);
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
        SessionDescription after = session.describe();
        assertThat(after.getEpoch()).isEqualTo(before.getEpoch() + 1);
        assertThat(after.getMasterPid()).isNotEqualTo(before.getMasterPid());
        assertThat(pids(after)).as("containers are kept over attempts").containsAll(busyPids(before));
    }

    @Test
    void masterAndTaskContainerKilledTogetherChangeNothing(TestInfo test) throws IOException, InterruptedException {
        String job = submit(test, "flights.csv", SLOW, "fail");
        await(job, running -> running.getCheckpointsCompleted() >= 3);
        SessionDescription before = session.describe();
        kill(before.getMasterPid());
        kill(busyExecutor(before).getPid());
        JobDescription end = awaitEnd(job);

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).isPositive();
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
        assertThat(session.describe().getEpoch()).isEqualTo(before.getEpoch() + 1);
    }

    @Test
    void canceledJobEndsWithNothingPendingAndNothingWrong(TestInfo test) throws IOException, InterruptedException {
        String job = submit(test, "flights.csv", ENDLESS, "fail");
        await(job, running -> running.getCheckpointsCompleted() >= 2);
        session.cancel(job);
        JobDescription end = awaitEnd(job);

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.CANCELED);
        assertThat(session.describe().getExecutorsList()).allMatch(executor -> executor.getBusySlots() == 0);
        assertThat(expected(FLIGHTS)).containsAll(output(test));
    }

    @Test
    void failingFunctionIsRestartedAndThenFailsWithItsCauseShown(TestInfo test)
            throws IOException, InterruptedException {
        java.nio.file.Path jar = TestJar.write(
                scratch.resolve("poisoned.jar"),
                List.of(PoisonedFlights.class, PoisonedFlights.Flight.class, PoisonedFlights.Inspect.class));
        Commands.Outcome result = commands.run(
                "selvage",
                "run",
                "-s",
                session.applicationId(),
                "-D",
                "selvage.restart.policy=fixed",
                "-D",
                "selvage.restart.attempts=2",
                jar.toString(),
                new Path(folder, "flights.csv").toString(),
                outputFolder(test).toString(),
                "HNL");

        assertThat(result.exitCode()).as(result.text()).isEqualTo(7);
        assertThat(result.text())
                .contains("inspect flights", "no flight from here", "runway divided by zero")
                .doesNotContain("\tat ");
        JobDescription end = newest("poisoned");
        assertThat(end.getPhase()).isEqualTo(JobPhase.FAILED);
        assertThat(end.getRestarts()).isEqualTo(2);
        assertThat(end.getFailure().getOperator()).isEqualTo("inspect flights");
        assertThat(end.getFailure().getPosition())
                .as("where the input stood")
                .contains("flights.csv, line ", "element Flight[origin=HNL");
        assertThat(result.text()).contains("at " + end.getFailure().getPosition());
    }

    @Test
    void malformedLineFailsTheJobAndIsNamed(TestInfo test) throws IOException {
        putLines("malformed.csv", "2001-01-01T01:24:00,LAS,OAK,407,late");
        JobDescription end = awaitEnd(submit(test, "malformed.csv", UNLIMITED, "fail"));

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FAILED);
        assertThat(end.getRestarts()).as("reading it again would not help").isZero();
        assertThat(end.getFailure().getMessage())
                .contains(new Path(folder, "malformed.csv").toUri().getPath(), "line 20002", "delay_minutes", "late");
        assertThat(expected(FLIGHTS))
                .as("what was committed before the line was read")
                .containsAll(output(test));
    }

    @Test
    void malformedLineIsSkippedAndCounted(TestInfo test) throws IOException {
        putLines("malformed.csv", "2001-01-01T01:24:00,LAS,OAK,407,late", "too,few");
        JobDescription end = awaitEnd(submit(test, "malformed.csv", UNLIMITED, "skip"));

        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRecordsSkipped()).isEqualTo(2);
        assertThat(end.getRecordsRead()).isEqualTo(20_000);
        assertThat(output(test)).isEqualTo(expected(FLIGHTS));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void stoppedSessionLeavesNothingButCheckpointsOfFailedJobs(TestInfo test) throws IOException, InterruptedException {
        String job = submit(test, "flights.csv", ENDLESS, "fail");
        await(job, running -> running.getCheckpointsCompleted() >= 1);
        SessionDescription before = session.describe();
        List<String> failedWithCheckpoint = session.jobs().stream()
                .filter(each -> each.getPhase() == JobPhase.FAILED && each.getCheckpointsCompleted() > 0)
                .map(JobDescription::getJobId)
                .toList();
        session.stop("the tests are done with it");

        assertThat(session.report().getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
        Path directory = new Path(session.stateRoot(), session.applicationId());
        assertThat(namesIn(directory))
                .as("what the jobs that have failed can be restored from")
                .containsExactlyInAnyOrderElementsOf(failedWithCheckpoint);
        assertThat(files.exists(directory)).isEqualTo(!failedWithCheckpoint.isEmpty());
        List<Long> pids = new ArrayList<>(pids(before));
        pids.add(before.getMasterPid());
        awaitTrue(
                "all its processes are gone",
                () -> pids.stream()
                        .noneMatch(pid -> ProcessHandle.of(pid)
                                .map(ProcessHandle::isAlive)
                                .orElse(false)));
    }

    private static String submit(TestInfo test, String flights, double rate, String onBadLine) {
        return session.submit(program(test, flights, rate, onBadLine), settings, id -> {})
                .get(0);
    }

    private static Program program(TestInfo test, String flights, double rate, String onBadLine) {
        return program(test, flights, rate, onBadLine, "16k");
    }

    private static Program program(TestInfo test, String flights, double rate, String onBadLine, String splitBytes) {
        return new Program(
                ProgramJar.open(
                        HOME.resolve("examples/target/selvage-examples.jar"), "io.selvage.examples.FlightDelays"),
                List.of(
                        "--flights", new Path(folder, flights).toString(),
                        "--airports", new Path(folder, "airports.csv").toString(),
                        "--output", outputFolder(test).toString(),
                        "--rate", Double.toString(rate),
                        "--split-size", splitBytes,
                        "--on-bad-line", onBadLine));
    }

    private static Path outputFolder(TestInfo test) {
        return new Path(folder, test.getTestMethod().orElseThrow().getName());
    }

    private static JobDescription awaitEnd(String job) {
        return session.awaitEnd(job, JobObserver.SILENT);
    }

    private static void await(String job, Predicate<JobDescription> condition) throws InterruptedException {
        awaitTrue("the job has come far enough", () -> {
            JobDescription now = session.job(job);
            assertThat(now.getPhase()).as(now.toString()).isNotIn(JobPhase.FAILED, JobPhase.FINISHED);
            return condition.test(now);
        });
    }

    private interface Condition {
        boolean isTrue();
    }

    private static void awaitTrue(String what, Condition condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.isTrue()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            Thread.sleep(POLL_MILLIS);
        }
    }

    private static JobDescription newest(String name) {
        return session.jobs().stream()
                .filter(job -> job.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** None if there is no such directory. */
    private static List<String> namesIn(Path directory) throws IOException {
        return files.exists(directory)
                ? Arrays.stream(files.listStatus(directory))
                        .map(file -> file.getPath().getName())
                        .toList()
                : List.of();
    }

    /** Of executors that run something: a standby may come and go. */
    private static List<Long> busyPids(SessionDescription description) {
        return description.getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .map(ExecutorDescription::getPid)
                .sorted()
                .toList();
    }

    private static List<Long> pids(SessionDescription description) {
        return description.getExecutorsList().stream()
                .map(ExecutorDescription::getPid)
                .sorted()
                .toList();
    }

    private static ExecutorDescription busyExecutor(SessionDescription description) {
        return description.getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .findFirst()
                .orElseThrow();
    }

    private static void kill(long pid) {
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    private static List<String> expected(java.nio.file.Path flights) throws IOException {
        return FlightDelaysOracle.answer(flights, AIRPORTS).lines();
    }

    /** The lines that a reader of the output directory sees, sorted, without headers. */
    private static List<String> output(TestInfo test) throws IOException {
        List<String> lines = new ArrayList<>();
        if (!files.exists(outputFolder(test))) {
            return lines;
        }
        for (FileStatus file :
                files.listStatus(outputFolder(test), path -> path.getName().startsWith("part-"))) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(files.open(file.getPath()), StandardCharsets.UTF_8))) {
                in.lines().filter(line -> !line.startsWith("day,")).forEach(lines::add);
            }
        }
        lines.sort(null);
        return lines;
    }

    private static void put(java.nio.file.Path local, String name) throws IOException {
        files.copyFromLocalFile(false, true, new Path(local.toUri()), new Path(folder, name));
    }

    /** The flights, each up to nearly two hours later than its place, which is what the program puts up with. */
    private static void putShuffled(String name) throws IOException {
        List<String> flights = Files.readAllLines(FLIGHTS);
        Random random = new Random(2001);
        TreeMap<LocalDateTime, String> shuffled = new TreeMap<>();
        for (String flight : flights.subList(1, flights.size())) {
            LocalDateTime place = LocalDateTime.parse(flight.substring(0, flight.indexOf(',')))
                    .plusSeconds(random.nextInt(7_199));
            while (shuffled.putIfAbsent(place, flight) != null) {
                place = place.plusNanos(1);
            }
        }
        List<String> lines = new ArrayList<>(List.of(flights.get(0)));
        lines.addAll(shuffled.values());
        assertThat(lines).hasSameSizeAs(flights).isNotEqualTo(flights);
        java.nio.file.Path local = scratch.resolve(name);
        Files.write(local, lines);
        put(local, name);
    }

    /** The flights, and these lines behind them. */
    private static void putLines(String name, String... more) throws IOException {
        java.nio.file.Path local = scratch.resolve(name);
        List<String> lines = new ArrayList<>(Files.readAllLines(FLIGHTS));
        lines.addAll(List.of(more));
        Files.write(local, lines);
        put(local, name);
    }
}
