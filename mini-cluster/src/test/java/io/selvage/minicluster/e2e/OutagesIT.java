package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.SafeModeAction;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemons of Hadoop go away and come back, and the job does not mind; without any master, executors go. The session
 * of the other tests is killed last.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OutagesIT {
    private static final Duration NAME_NODE_DOWN = Duration.ofSeconds(20);
    private static final Duration CHECKPOINTS_AGAIN = Duration.ofSeconds(30);

    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @TempDir
    static Path scratch;

    private static AccountsSession accounts;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        accounts = new AccountsSession(HADOOP.cluster(), scratch.resolve("outages"), Map.of());
        accounts.awaitCheckpoints();
    }

    @AfterAll
    static void stop() {
        if (accounts != null) {
            accounts.close();
        }
    }

    @Test
    void jobGoesOnWithoutTheNameNodeAndCheckpointsFollowItsReturn() throws Exception {
        MiniCluster cluster = HADOOP.cluster();
        SessionDescription before = accounts.session().describe();
        JobDescription jobBefore = accounts.awaitCheckpoints();
        cluster.stopNameNode();
        try {
            long sinceNanos = System.nanoTime();
            accounts.await("an alarm while no checkpoint completes", now -> {
                awaitOutput();
                return !now.getAlarm().isEmpty() && System.nanoTime() - sinceNanos > NAME_NODE_DOWN.toNanos();
            });
        } finally {
            cluster.startNameNode();
        }
        long backNanos = System.nanoTime();
        long last = accounts.job().getLastCheckpoint();
        JobDescription after = accounts.await(
                "checkpoints resume",
                now -> now.getLastCheckpoint() > Math.max(last, jobBefore.getLastCheckpoint() + 1));
        Duration took = Duration.ofNanos(System.nanoTime() - backNanos);
        System.out.println("OutagesIT: the next checkpoint " + took.toMillis() + " ms after the NameNode's return");

        assertThat(took).isLessThan(CHECKPOINTS_AGAIN);
        assertUndisturbed(before, jobBefore, after);
        accounts.await("the alarm ends", now -> now.getAlarm().isEmpty());
    }

    /** Where the client of HDFS is set to wait for a NameNode, as here, it waits for the end of safe mode too. */
    @Test
    void jobGoesOnWhileHdfsIsReadOnly() throws Exception {
        try (DistributedFileSystem hdfs = hdfs()) {
            assertTroubleEnds(
                    () -> hdfs.setSafeMode(SafeModeAction.ENTER),
                    () -> hdfs.setSafeMode(SafeModeAction.LEAVE),
                    "is not stored yet");
        }
    }

    @Test
    void jobGoesOnWhileHdfsIsOverItsQuota() throws Exception {
        try (DistributedFileSystem hdfs = hdfs()) {
            org.apache.hadoop.fs.Path stateRoot = new org.apache.hadoop.fs.Path(hdfs.getHomeDirectory(), ".selvage");
            assertTroubleEnds(
                    () -> hdfs.setQuota(stateRoot, HdfsConstants.QUOTA_DONT_SET, 1),
                    () -> hdfs.setQuota(stateRoot, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET),
                    "quota",
                    JOURNALING);
        }
    }

    /**
     * Files can be made, and get no block. Of a job whose sink writes there the output can't go on; it is whole in the
     * end.
     */
    @Test
    void jobGoesOnWhileHdfsIsFullAndWhatIsWrittenThereIsRightInTheEnd() throws Exception {
        MiniCluster cluster = HADOOP.cluster();
        try (VerifiedSession other = new VerifiedSession(cluster, scratch.resolve("full"), Map.of())) {
            VerifiedJob job = other.submit();
            long before = other.awaitCheckpoints(job).getLastCheckpoint();
            assertTroubleEnds(cluster::fillHdfs, cluster::emptyHdfs, "could only be written to 0 of", JOURNALING);
            other.await(job, "checkpoints resume", now -> now.getLastCheckpoint() > before + 1);
            other.assertEndsRight(job);
        }
    }

    private static void awaitOutput() {
        try {
            long bytes = accounts.outputBytes();
            Commands.await("output goes on", accounts::outputBytes, now -> now > bytes);
        } catch (Exception unseen) {
            throw new IllegalStateException(unseen);
        }
    }

    private static DistributedFileSystem hdfs() throws IOException {
        return (DistributedFileSystem) FileSystem.newInstance(HADOOP.cluster().hadoopConfiguration());
    }

    private interface Step {
        void run() throws IOException;
    }

    /** If it is the record of a complete checkpoint that can't be written, no checkpoint is given up for a reason. */
    private static final String JOURNALING = "the one under way is not stored yet";

    /** Output goes on, an alarm says what is wrong, and once that is over checkpoints go on by themselves. */
    private static void assertTroubleEnds(Step begin, Step end, String... words) throws Exception {
        SessionDescription before = accounts.session().describe();
        JobDescription jobBefore = accounts.awaitCheckpoints();
        begin.run();
        try {
            accounts.await(
                    "an alarm of " + String.join(", or ", words),
                    now -> Arrays.stream(words).anyMatch(now.getAlarm().toLowerCase(Locale.ROOT)::contains));
            awaitOutput();
        } finally {
            end.run();
        }
        JobDescription after = accounts.awaitCheckpoints();
        assertUndisturbed(before, jobBefore, after);
        accounts.await("the alarm ends", now -> now.getAlarm().isEmpty());
    }

    @Test
    void restartOfTheResourceManagerRestartsNothingAndContainersCanBeHadAgain() throws Exception {
        MiniCluster cluster = HADOOP.cluster();
        SessionDescription before = accounts.session().describe();
        JobDescription jobBefore = accounts.awaitCheckpoints();
        cluster.stopResourceManager();
        try {
            accounts.awaitCheckpoints();
        } finally {
            cluster.startResourceManager();
        }
        assertUndisturbed(before, jobBefore, accounts.awaitCheckpoints());

        long victim = busy(accounts.session().describe());
        ProcessSignals.KILL.send(victim);
        accounts.await("the next incarnation", now -> now.getIncarnation() > jobBefore.getIncarnation());
        accounts.awaitCheckpoints();
        assertThat(accounts.executorPids()).doesNotContain(victim).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void restartOfNodeManagersRestartsNothing() throws Exception {
        MiniCluster cluster = HADOOP.cluster();
        SessionDescription before = accounts.session().describe();
        JobDescription jobBefore = accounts.awaitCheckpoints();
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            cluster.stopNodeManager(node);
            try {
                accounts.awaitCheckpoints();
            } finally {
                cluster.startNodeManager(node);
            }
        }
        assertUndisturbed(before, jobBefore, accounts.awaitCheckpoints());
    }

    @Test
    void executorsWithoutAMasterEndByTheirLeaseAndTheNextMasterStartsOthers() throws Exception {
        MiniCluster cluster = HADOOP.cluster();
        try (AccountsSession other = new AccountsSession(
                cluster,
                scratch.resolve("lease"),
                Map.of("selvage.executor.lease", "5s", "selvage.executor.standby", "0"))) {
            JobDescription jobBefore = other.awaitCheckpoints();
            SessionDescription before = other.session().describe();
            cluster.stopResourceManager(); // So there will be no other master.
            try {
                ProcessSignals.KILL.send(before.getMasterPid());
                awaitGone(pids(before));
            } finally {
                cluster.startResourceManager();
            }
            for (ExecutorDescription executor : before.getExecutorsList()) {
                assertThat(log(cluster, executor.getExecutorId())).contains("No master was found for");
            }
            JobDescription after =
                    other.await("the next incarnation", now -> now.getIncarnation() > jobBefore.getIncarnation());
            assertThat(other.session().describe().getEpoch()).isEqualTo(before.getEpoch() + 1);
            other.awaitCheckpoints();
            assertThat(after.getIncarnation()).isEqualTo(jobBefore.getIncarnation() + 1);
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void applicationThatIsKilledLeavesNothingRunning() throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            accounts.awaitCheckpoints();
            SessionDescription before = accounts.session().describe();
            yarn.init(HADOOP.cluster().hadoopConfiguration());
            yarn.start();
            yarn.killApplication(ApplicationId.fromString(accounts.session().applicationId()));
            awaitGone(pids(before));
        }
    }

    private static void assertUndisturbed(SessionDescription before, JobDescription jobBefore, JobDescription after) {
        SessionDescription now = accounts.session().describe();
        assertThat(after.getIncarnation()).as("incarnation").isEqualTo(jobBefore.getIncarnation());
        assertThat(now.getEpoch()).as("epoch").isEqualTo(before.getEpoch());
        List<Long> kept = before.getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0) // A standby may come and go.
                .map(ExecutorDescription::getPid)
                .toList();
        assertThat(pids(now)).containsAll(kept).contains(before.getMasterPid());
    }

    private static List<Long> pids(SessionDescription session) {
        List<Long> pids = new ArrayList<>();
        session.getExecutorsList().forEach(executor -> pids.add(executor.getPid()));
        pids.add(session.getMasterPid());
        return pids;
    }

    private static long busy(SessionDescription session) {
        return session.getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .findFirst()
                .orElseThrow()
                .getPid();
    }

    private static void awaitGone(List<Long> pids) throws Exception {
        Commands.await(
                "processes " + pids + " are gone",
                () -> pids.stream().filter(ProcessSignals::isAlive).toList(),
                List::isEmpty);
    }

    private static String log(MiniCluster cluster, String container) throws IOException {
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            try (Stream<Path> files = Files.walk(cluster.nodeFolder(node).resolve("log"))) {
                List<Path> logs = files.filter(file -> file.endsWith(Path.of(container, "executor.log")))
                        .toList();
                if (!logs.isEmpty()) {
                    return Files.readString(logs.get(0));
                }
            }
        }
        throw new AssertionError("No node has a log of " + container + ".");
    }
}
