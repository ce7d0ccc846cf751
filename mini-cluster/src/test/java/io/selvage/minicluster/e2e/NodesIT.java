package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.recovery.OutputLog;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that YARN takes away from one session, with and without notice. Two containers fit on each, so that it is
 * spread.
 */
@Tag("own-cluster")
class NodesIT {
    /** So long a node has after the notice: longer than any move takes. */
    private static final Duration NOTICE = Duration.ofMinutes(5);
    /** A later notice shortens it. */
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    /** Periodic checkpoints would come that much later than what is looked at. */
    private static final String SELDOM = "10min";
    /** Of input that would be read again if there were no checkpoint for the move. */
    private static final long READ_SINCE_CHECKPOINT = 2_000;

    @TempDir
    static Path scratch;

    private static MiniCluster cluster;
    private static YarnClient yarn;
    private static VerifiedSession session;

    @BeforeAll
    static void start() throws Exception {
        cluster = MiniCluster.builder(Path.of("target", "nodes"))
                .nodeManagers(5)
                .nodeMemoryMib(2_100)
                .hostForEachNode()
                .hadoop("yarn.resourcemanager.decommissioning-nodes-watcher.poll-interval-secs", "1")
                .hadoop("yarn.nm.liveness-monitor.expiry-interval-ms", "8000")
                .start();
        yarn = YarnClient.createYarnClient();
        yarn.init(cluster.hadoopConfiguration());
        yarn.start();
        // Nodes have addresses of their own.
        session = new VerifiedSession(cluster, scratch, Map.of("selvage.network.bind-host", ""));
    }

    @AfterAll
    static void stop() throws Exception {
        if (session != null) {
            session.close();
        }
        if (yarn != null) {
            yarn.stop();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void jobMovesFromACheckpointTakenForItBeforeADecommissionedNodeGoes() throws Exception {
        VerifiedJob job = session.submit(Map.of("selvage.checkpoint.interval", SELDOM));
        JobDescription before = session.await(
                job,
                "input without a checkpoint, and a standby",
                now -> now.getPhase() == JobPhase.RUNNING
                        && now.getRecordsRead() >= READ_SINCE_CHECKPOINT
                        && session.session().describe().getExecutorsList().stream()
                                .anyMatch(ExecutorDescription::getStandby));
        int node = busyNode();
        List<Long> there = pidsOn(node);
        long epoch = session.session().describe().getEpoch();

        long outBeforeNotice = OutputLog.read(job.measured()).recordsBefore(before.getIncarnation() + 1);
        cluster.decommission(node, NOTICE);
        JobDescription moved = session.await(
                job,
                "it runs elsewhere",
                now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
        assertThat(moved.getLastCheckpoint())
                .as("a checkpoint was taken for it")
                .isGreaterThan(before.getLastCheckpoint());
        Commands.await(
                "the executors there have ended",
                () -> there.stream().filter(ProcessSignals::isAlive).toList(),
                List::isEmpty);
        assertThat(stateOf(node)).as("before the node goes").contains(NodeState.DECOMMISSIONING);
        session.await(job, "output from there", now -> now.getRecordsWritten() > 0);
        OutputLog output = OutputLog.read(job.measured());
        long replayed = output.replayed(moved.getIncarnation());
        long outSinceNotice = output.recordsBefore(moved.getIncarnation()) - outBeforeNotice;
        System.out.println("NodesIT: records replayed by the move: " + replayed + ", out since the notice: "
                + outSinceNotice + ", before it: " + outBeforeNotice);
        assertThat(replayed).as("nothing from before the notice").isLessThanOrEqualTo(outSinceNotice);

        cluster.decommission(node, AT_ONCE);
        Commands.await(
                "YARN has taken the node out of service",
                () -> stateOf(node),
                state -> state.equals(Optional.of(NodeState.DECOMMISSIONED)));
        JobDescription end = session.assertEndsRight(job);
        assertThat(end.getIncarnation()).as("one move, and nothing else").isEqualTo(before.getIncarnation() + 1);
        assertThat(end.hasFailure()).as(end.getFailure().toString()).isFalse();
        assertThat(end.getRecoveriesList()).isEmpty();
        assertThat(session.session().describe().getEpoch()).isEqualTo(epoch);
    }

    @Test
    void jobComesBackFromANodeThatIsLostAndSaysSo() throws Exception {
        VerifiedJob job = session.submit();
        JobDescription before = session.awaitCheckpoints(job);
        int node = busyNode();

        assertThat(cluster.loseNode(node)).isPositive();
        session.await(
                job,
                "it runs again",
                now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
        session.awaitCheckpoints(job);
        JobDescription explained = session.await(
                job, "YARN's reason", now -> now.getFailure().getMessage().contains("LOST"));
        System.out.println("NodesIT: " + explained.getFailure().getMessage());
        assertThat(explained.getFailure().getKind()).isEqualTo(FailureKind.EXECUTOR_LOST);
        assertThat(explained.getFailure().getMessage())
                .contains("is gone with its node. Node " + cluster.nodeHost(node) + ":", " is LOST for YARN.");
        session.assertEndsRight(job);
    }

    /** One on which the job runs, and the master does not. */
    private static int busyNode() {
        SessionDescription now = session.session().describe();
        for (ExecutorDescription executor : session.busy()) {
            if (!executor.getHost().equals(now.getMasterHost())) {
                return nodeOf(executor.getHost());
            }
        }
        throw new AssertionError("The whole job runs beside the master: " + now);
    }

    private static int nodeOf(String host) {
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            if (cluster.nodeHost(node).equals(host)) {
                return node;
            }
        }
        throw new AssertionError("No node has the host " + host + ".");
    }

    private static List<Long> pidsOn(int node) {
        return session.session().describe().getExecutorsList().stream()
                .filter(executor -> executor.getHost().equals(cluster.nodeHost(node)))
                .map(ExecutorDescription::getPid)
                .toList();
    }

    /**
     * Empty: the ResourceManager moves the node from those in service to the others, and for a moment has it in
     * neither.
     */
    private static Optional<NodeState> stateOf(int node) throws Exception {
        return yarn.getNodeReports().stream()
                .filter(report -> report.getNodeId().getHost().equals(cluster.nodeHost(node)))
                .map(NodeReport::getNodeState)
                .findFirst();
    }
}
