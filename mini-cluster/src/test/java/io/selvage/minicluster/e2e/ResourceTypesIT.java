package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.client.cli.RMAdminCLI;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster that has another resource type beside memory and cores, as it has with GPUs; whose nodes each have a label
 * of their own, which takes nobody who does not name it; and with queues that are not for everybody.
 */
@Tag("own-cluster")
class ResourceTypesIT {
    private static final String TYPE = "selvage.io/licence";
    private static final String KEY = "selvage.executor.resource." + TYPE;
    private static final String QUEUE = "selvage.application.queue";
    private static final String MASTER_LABEL = "selvage.application.node-label";
    private static final String EXECUTOR_LABEL = "selvage.executor.node-label";
    private static final String QUEUES = "yarn.scheduler.capacity.root";
    /** Whoever runs the test is somebody else. */
    private static final String NOBODY = "nobody-in-particular";

    @TempDir
    Path scratch;

    @Test
    void executorsGetWhatIsAskedForAndTheImpossibleIsRefusedEarly() throws Exception {
        try (MiniCluster cluster = cluster()) {
            label(cluster, Map.of(0, "west", 1, "east"));
            Map<String, String> right = Map.of(MASTER_LABEL, "west", EXECUTOR_LABEL, "east", KEY, "2");

            assertRefused(
                    cluster, right, Map.of(KEY, "4"), KEY + " is 4, and the cluster gives at most 3 to a container");
            assertRefused(cluster, right, Map.of(KEY + "s", "1"), "did you mean " + TYPE + "?");
            assertRefused(
                    cluster,
                    right,
                    Map.of(QUEUE, "closed"),
                    "You may not put applications into the queue \"closed\": its ACL names neither you nor a group of"
                            + " yours. Choose one of these with -qu: default, plain.");
            assertRefused(
                    cluster,
                    right,
                    Map.of(QUEUE, "plane"),
                    "The cluster has no queue \"plane\". Did you mean plain? Choose one of these with -qu: default, plain.");
            assertRefused(
                    cluster,
                    right,
                    Map.of(EXECUTOR_LABEL, "eas"),
                    EXECUTOR_LABEL + " is \"eas\", and the cluster has no such node label: did you mean east? It has"
                            + " east, west.");
            assertRefused(
                    cluster,
                    right,
                    Map.of(MASTER_LABEL, "wes"),
                    MASTER_LABEL + " is \"wes\", and the cluster has no such node label: did you mean west?");
            assertRefused(
                    cluster,
                    right,
                    Map.of(QUEUE, "plain"),
                    MASTER_LABEL + " is \"west\", and the queue \"plain\" may not use nodes of that label.");
            assertRefused(
                    cluster,
                    Map.of(),
                    Map.of(QUEUE, "root.default"), // Who names no queue, or "default", leaves it to YARN.
                    "Each node that runs has a label that is exclusive, so no container for the master can start."
                            + " Nodes with a label are for who names it, with " + MASTER_LABEL + ": east, west.");

            try (VerifiedSession session = new VerifiedSession(
                    cluster,
                    scratch.resolve("session"),
                    with(
                            right,
                            Map.of(
                                    "selvage.network.bind-host",
                                    "", // Nodes have addresses of their own.
                                    "selvage.executor.slots",
                                    Integer.toString(VerifiedJob.PARALLELISM))))) {
                VerifiedJob job = session.submit();
                session.awaitCheckpoints(job);
                assertThat(session.session().describe().getMasterHost()).isEqualTo(cluster.nodeHost(0));
                assertThat(session.busy()).isNotEmpty().allSatisfy(executor -> {
                    assertThat(executor.getHost()).isEqualTo(cluster.nodeHost(1));
                    assertThat(amountOf(cluster, executor)).isEqualTo(2);
                });
                session.assertEndsRight(job);
            }
        }
    }

    private MiniCluster cluster() throws Exception {
        MiniCluster.Builder builder = MiniCluster.builder(Path.of("target", "resource-types"))
                .hostForEachNode()
                .hadoop("yarn.resource-types", TYPE)
                .hadoop("yarn.nodemanager.resource-type." + TYPE, "3")
                .hadoop("yarn.node-labels.enabled", "true")
                .hadoop(
                        "yarn.node-labels.fs-store.root-dir",
                        scratch.resolve("labels").toUri().toString())
                .hadoop("yarn.acl.enable", "true")
                .hadoop(QUEUES + ".queues", "default,plain,closed")
                // What a queue allows, those in it allow.
                .hadoop(QUEUES + ".acl_submit_applications", NOBODY)
                .hadoop(QUEUES + ".acl_administer_queue", NOBODY)
                .hadoop(QUEUES + ".default.acl_submit_applications", "*")
                .hadoop(QUEUES + ".plain.acl_submit_applications", "*")
                .hadoop(QUEUES + ".closed.acl_submit_applications", NOBODY)
                .hadoop(QUEUES + ".default.capacity", "80")
                .hadoop(QUEUES + ".plain.capacity", "10")
                .hadoop(QUEUES + ".closed.capacity", "10")
                .hadoop(QUEUES + ".default.accessible-node-labels", "east,west")
                // A blank is none; nothing would be what the parent has.
                .hadoop(QUEUES + ".plain.accessible-node-labels", " ")
                .hadoop(QUEUES + ".closed.accessible-node-labels", " ");
        for (String queue : new String[] {QUEUES, QUEUES + ".default"}) {
            for (String label : new String[] {"east", "west"}) {
                builder.hadoop(queue + ".accessible-node-labels." + label + ".capacity", "100");
            }
        }
        return builder.start();
    }

    /** As an administrator does; nodes by their numbers. */
    private static void label(MiniCluster cluster, Map<Integer, String> labels) throws Exception {
        RMAdminCLI administrator = new RMAdminCLI(cluster.hadoopConfiguration());
        assertThat(administrator.run(new String[] {
                    "-addToClusterNodeLabels", String.join("(exclusive=true),", labels.values()) + "(exclusive=true)"
                }))
                .isZero();
        for (Map.Entry<Integer, String> each : labels.entrySet()) {
            assertThat(administrator.run(new String[] {
                        "-replaceLabelsOnNode", cluster.nodeHost(each.getKey()) + "=" + each.getValue()
                    }))
                    .isZero();
        }
    }

    /** Before there is a byte of it in HDFS. */
    private void assertRefused(
            MiniCluster cluster, Map<String, String> right, Map<String, String> wrong, String sentence)
            throws Exception {
        String root = "/refused";
        assertThatThrownBy(() -> new VerifiedSession(
                                cluster,
                                scratch.resolve("refused"),
                                with(with(right, wrong), Map.of("selvage.state.root", root)))
                        .close())
                .isInstanceOf(ClientException.class)
                .hasMessageContaining(sentence);
        try (FileSystem hdfs = FileSystem.newInstance(cluster.hadoopConfiguration())) {
            assertThat(hdfs.exists(new org.apache.hadoop.fs.Path(root))).isFalse();
        }
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(settings);
        all.putAll(more);
        return all;
    }

    private static long amountOf(MiniCluster cluster, ExecutorDescription executor) throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(cluster.hadoopConfiguration());
            yarn.start();
            return yarn.getContainerReport(ContainerId.fromString(executor.getExecutorId()))
                    .getAllocatedResource()
                    .getResourceValue(TYPE);
        }
    }
}
