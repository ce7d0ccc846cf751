package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Masters that die, hang and come back, one after the other, and jobs that never hear of it. */
@Tag("own-cluster")
class MasterDeathsIT {
    private static final String FROM = "the test";
    /** Of a job that is canceled: it outlasts the test on the slowest machine. */
    private static final double ENDLESS = 50;

    /** Of a job whose input lasts as long as its test wants it to. */
    private static final double RECORDS_PER_SECOND = 400;

    private static final long KEYS = 200;

    private static final java.nio.file.Path HOME = java.nio.file.Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .getParent();
    private static final java.nio.file.Path FLIGHTS = HOME.resolve("examples/data/flights.csv");
    private static final java.nio.file.Path AIRPORTS = HOME.resolve("examples/data/airports.csv");
    private static final Map<String, String> SETTINGS = Map.of(
            "selvage.executor.minimum", "2",
            "selvage.executor.standby", "0",
            // More masters end here than YARN allows: one that has lived for the window is not counted out.
            "selvage.application.max-attempts", "6",
            "selvage.application.attempt-failure-window", "10s",
            "selvage.network.bind-host", "127.0.0.1",
            "selvage.heartbeat.timeout", "20s", // No executor is ever missed here.
            "selvage.checkpoint.interval", "500ms",
            "selvage.parallelism.default", "2",
            "selvage.restart.policy", "none");

    @TempDir
    static java.nio.file.Path scratch;

    private static MiniCluster cluster;
    private static FileSystem files;
    private static Path folder;
    private static SelvageClient client;
    private static Session session;
    private static Configuration settings;

    @BeforeAll
    static void openSession() throws IOException, InterruptedException {
        cluster = MiniCluster.builder(java.nio.file.Path.of("target", "master-deaths"))
                .maxAppAttempts(50)
                // A NodeManager that is away for a while is not lost here: its containers are what is looked at.
                .hadoop("yarn.nm.liveness-monitor.expiry-interval-ms", "600000")
                .start();
        files = FileSystem.newInstance(cluster.hadoopConfiguration());
        folder = new Path(files.getHomeDirectory(), "master-deaths-it");
        files.copyFromLocalFile(false, true, new Path(FLIGHTS.toUri()), new Path(folder, "flights.csv"));
        files.copyFromLocalFile(false, true, new Path(AIRPORTS.toUri()), new Path(folder, "airports.csv"));
        client = SelvageClient.of(HOME, cluster.configurationFolder(), Files.createDirectory(scratch.resolve("user")));
        settings = Configuration.defaults().with(ShortLived.SETTINGS, FROM).with(SETTINGS, FROM);
        session = client.open(settings, OpenObserver.SILENT);
    }

    @AfterAll
    static void stopSession() throws IOException {
        if (session != null) {
            session.stop("the tests are done");
            session.close();
        }
        if (client != null) {
            client.close();
        }
        if (files != null) {
            files.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aJobOutlivesMastersThatAreKilledTerminatedFailedAndStopped() throws Exception {
        VerifiedJob job = verified("every-death");
        awaitCheckpoints(job.id(), 0, 2);
        SessionDescription before = session.describe();
        for (Death death : Death.values()) {
            SessionDescription now = session.describe();
            long startNanos = System.nanoTime();
            death.of(now);
            awaitCheckpoints(job.id(), now.getEpoch(), 1);
            System.out.println("MasterDeathsIT: " + death + " of the master to the next checkpoint: "
                    + Duration.ofNanos(System.nanoTime() - startNanos).toMillis() + " ms");
            assertThat(session.describe().getEpoch()).isEqualTo(now.getEpoch() + 1);
        }
        assertEndsUntouched(job);
        assertThat(allPids(session.describe())).as("processes of tasks").isEqualTo(allPids(before));
    }

    @Test
    void aJobOutlivesTenMastersInARowEachKilledAsSoonAsItIsThere() throws Exception {
        VerifiedJob job = verified("ten-masters");
        awaitCheckpoints(job.id(), 0, 2);
        SessionDescription before = session.describe();
        long startNanos = System.nanoTime();
        for (int death = 1; death <= 10; death++) {
            long epoch = before.getEpoch() + death;
            Death.KILL.of(session.describe());
            Commands.await("master " + epoch, session::describe, now -> now.getEpoch() == epoch);
        }
        System.out.println("MasterDeathsIT: ten masters in a row: "
                + Duration.ofNanos(System.nanoTime() - startNanos).toSeconds() + " s");
        awaitCheckpoints(job.id(), before.getEpoch() + 9, 1);
        assertEndsUntouched(job);
        assertThat(allPids(session.describe())).as("processes of tasks").isEqualTo(allPids(before));
    }

    /**
     * Its node's NodeManager is away, as it is when a host is cut off: nobody can end the stopped master, and both
     * live.
     */
    @Test
    void aMasterThatComesBackEndsItselfAndStopsNothing() throws Exception {
        VerifiedJob job = verified("back-again");
        awaitCheckpoints(job.id(), 0, 2);
        SessionDescription before = session.describe();
        int node = nodeOf(before.getMasterPid());
        java.nio.file.Path log = logOfMaster(before.getMasterPid(), node);
        cluster.stopNodeManager(node);
        try {
            signal("STOP", before.getMasterPid());
            awaitCheckpoints(job.id(), before.getEpoch(), 1);
            signal("CONT", before.getMasterPid());
            Commands.await(
                    "the end of the master that was stopped", () -> isAlive(before.getMasterPid()), alive -> !alive);
            assertThat(Files.readString(log)).contains("The master ends with 23 (FENCED)");
        } finally {
            cluster.startNodeManager(node);
        }
        assertEndsUntouched(job);
        assertThat(allPids(session.describe())).isEqualTo(allPids(before));
    }

    /** One command that stays, and those that come later, all over the same session file. */
    @Test
    void commandsAndTheTrackingUrlFindTheNextMaster(TestInfo test) throws Exception {
        String job = submit(test, ENDLESS);
        awaitCheckpoints(job, 0, 2);
        Commands commands = new Commands(cluster.configurationFolder(), scratch.resolve("user"));
        String application = session.applicationId();
        Commands.Running attached = commands.start("selvage", "attach", "-s", application, job);
        Commands.await("the job is followed", attached::outSoFar, out -> out.contains("checkpoints"));
        SessionDescription before = session.describe();
        long killedMillis = System.currentTimeMillis();
        Death.KILL.of(before);
        awaitCheckpoints(job, before.getEpoch(), 1);
        assertThat(session.failedAttemptsSince(killedMillis)).isEqualTo(1);
        long epoch = before.getEpoch() + 1;

        String proxied = session.report().getTrackingUrl();
        String page = Commands.await(
                "the page of master " + epoch,
                () -> WebPage.read(proxied),
                found -> found.contains("attempt " + epoch));
        assertThat(page).contains(job);
        assertThat(session.report().getOriginalTrackingUrl())
                .isEqualTo(session.describe().getTrackingUrl())
                .isNotEqualTo(before.getTrackingUrl());

        Commands.Outcome listed = commands.run("selvage", "list", "-s", application);
        assertThat(listed.exitCode()).as(listed.text()).isZero();
        assertThat(listed.out()).contains(job);
        Commands.Outcome canceled = commands.run("selvage", "cancel", "-s", application, job);
        assertThat(canceled.exitCode()).as(canceled.text()).isZero();
        Commands.Outcome followed = attached.await();
        assertThat(followed.exitCode()).as(followed.text()).isEqualTo(8);
        assertThat(followed.out()).contains("was canceled after");
        assertThat(session.job(job).getRestarts()).isZero();
    }

    @Test
    void aMasterTakesTheArchiveOfClassesThatItsNodeHasGotMeanwhile(TestInfo test) throws Exception {
        String job = submit(test, ENDLESS); // Without one nobody knows which classes there are to be.
        takeArchive();
        session.cancel(job);
    }

    private static void takeArchive() throws Exception {
        // YARN may put the next master on another node, where there is none yet, and not more often than there are
        // nodes.
        for (int node = 0; node <= cluster.nodeManagerCount(); node++) {
            SessionDescription before = session.describe();
            if (mapped(before.getMasterPid()).contains("/selvage.jsa")) {
                return;
            }
            java.nio.file.Path container = java.nio.file.Path.of("/proc/" + before.getMasterPid() + "/cwd")
                    .toRealPath();
            java.nio.file.Path archive = container.resolveSibling("selvage.jsa");
            Commands.await("the archive of the master's node", () -> Files.exists(archive), found -> found);
            Death.KILL.of(before);
            Commands.await(
                    "the next master", session::describe, description -> description.getEpoch() > before.getEpoch());
        }
        throw new AssertionError("No master has taken the archive of its node.");
    }

    @Test
    void aLaterSessionBeginsWithTheArchiveOfClassesThatThisOneHasMade(TestInfo test) throws Exception {
        String job = submit(test, ENDLESS);
        Path archives = new Path(files.getHomeDirectory(), ".selvage/libraries/*/[0-9a-f]*.zip");
        Commands.await("an archive in HDFS", () -> files.globStatus(archives), found -> found.length > 0);
        session.cancel(job);
        try (Session later =
                client.open(settings.with(Map.of("selvage.executor.minimum", "1"), FROM), OpenObserver.SILENT)) {
            try {
                assertThat(mapped(later.describe().getMasterPid())).contains(".zip/selvage.jsa");
                ExecutorDescription executor = Commands.await(
                                "an executor", later::describe, description -> description.getExecutorsCount() > 0)
                        .getExecutors(0);
                assertThat(mapped(executor.getPid())).contains(".zip/selvage.jsa");
            } finally {
                later.stop("the test is done");
            }
        }
    }

    private static String mapped(long pid) throws IOException {
        return Files.readString(java.nio.file.Path.of("/proc/" + pid + "/maps"));
    }

    /** How a master ends. */
    private enum Death {
        KILL,
        TERMINATE,
        FAIL_ATTEMPT,
        STOP;

        void of(SessionDescription master) throws Exception {
            switch (this) {
                case KILL -> signal("KILL", master.getMasterPid());
                case TERMINATE -> signal("TERM", master.getMasterPid());
                case STOP -> signal("STOP", master.getMasterPid());
                case FAIL_ATTEMPT -> failAttempt(master.getEpoch());
            }
        }
    }

    private static void failAttempt(long epoch) throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(new YarnConfiguration(cluster.hadoopConfiguration()));
            yarn.start();
            yarn.failApplicationAttempt(ApplicationAttemptId.newInstance(
                    ApplicationId.fromString(session.applicationId()), Math.toIntExact(epoch)));
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private static VerifiedJob verified(String name) throws IOException {
        return new VerifiedJob(
                session,
                settings,
                new Path(folder, name),
                new VerifiedJob.Settings(scratch.resolve(name), RECORDS_PER_SECOND, KEYS, false));
    }

    private static String submit(TestInfo test, double rate) {
        Program program = new Program(
                ProgramJar.open(
                        HOME.resolve("examples/target/selvage-examples.jar"), "io.selvage.examples.FlightDelays"),
                List.of(
                        "--flights", new Path(folder, "flights.csv").toString(),
                        "--airports", new Path(folder, "airports.csv").toString(),
                        "--output", outputFolder(test).toString(),
                        "--rate", Double.toString(rate),
                        "--split-size", "16k"));
        return session.submit(program, settings, id -> {}).get(0);
    }

    private static Path outputFolder(TestInfo test) {
        return new Path(folder, test.getTestMethod().orElseThrow().getName());
    }

    /** The count goes on over masters; one newer than that one must have completed a checkpoint itself. */
    private static void awaitCheckpoints(String job, long epoch, int count) throws Exception {
        Commands.await(count + " checkpoints by a master after " + epoch, () -> ofMasterAfter(epoch, job), now -> {
            assertThat(now.getPhase()).as(now.toString()).isNotIn(JobPhase.FAILED, JobPhase.FINISHED);
            return now.getCheckpointsCompleted() >= count && now.getFirstCheckpointMillis() > 0;
        });
    }

    /** Empty while an earlier one leads. The epoch comes first: an answer after it is not of an older master. */
    private static JobDescription ofMasterAfter(long epoch, String job) {
        return session.describe().getEpoch() > epoch ? session.job(job) : JobDescription.getDefaultInstance();
    }

    /** The input ends, and until then nothing was lost, repeated or replayed. */
    private static void assertEndsUntouched(VerifiedJob job) throws IOException {
        job.endInput();
        JobDescription end = session.awaitEnd(job.id(), JobObserver.SILENT);
        assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
        assertThat(end.getRestarts()).as(end.toString()).isZero();
        assertThat(end.getIncarnation()).isEqualTo(1);
        assertThat(end.getRecordsRead()).as("nothing is replayed").isEqualTo(job.recordsInAll());
        VerifiedJob.Result result = job.compare(files);
        assertThat(result.verdict().isRight()).as(result.toString()).isTrue();
    }

    private static List<Long> allPids(SessionDescription description) {
        return description.getExecutorsList().stream()
                .map(ExecutorDescription::getPid)
                .sorted()
                .toList();
    }

    /** The processes run in directories of their nodes. */
    private static int nodeOf(long pid) throws IOException {
        String directory = Files.readSymbolicLink(java.nio.file.Path.of("/proc/" + pid + "/cwd"))
                .toString();
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            if (directory.startsWith(cluster.nodeFolder(node).toString())) {
                return node;
            }
        }
        throw new AssertionError("Process " + pid + " runs in " + directory + ", which is no node's.");
    }

    private static java.nio.file.Path logOfMaster(long pid, int node) throws IOException {
        java.nio.file.Path container = Files.readSymbolicLink(java.nio.file.Path.of("/proc/" + pid + "/cwd"))
                .getFileName();
        try (Stream<java.nio.file.Path> found =
                Files.walk(cluster.nodeFolder(node).resolve("log"))) {
            return found.filter(file -> file.endsWith(container.resolve("master.log")))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
