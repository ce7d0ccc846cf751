package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterLimitsTest {
    private static final ClusterLimits LIMITS = new ClusterLimits(
            8192,
            4,
            List.of(node("a:1", 4096, 8), node("b:1", 6144, 2, "gpu")),
            Set.of("gpu", "ssd", "cold"),
            Set.of("ssd", "cold"));
    private static final Queues.Queue QUEUE = queue(Set.of("gpu", "ssd"), Map.of());

    private static ClusterLimits.Node node(String name, long memoryMib, int vcores, String... labels) {
        return new ClusterLimits.Node(name, "/rack", Set.of(labels), memoryMib, vcores, 0, 0, 0);
    }

    private static Queues.Queue queue(Set<String> labels, Map<String, Queues.Size> most) {
        return queue(labels, most, "");
    }

    private static Queues.Queue queue(Set<String> labels, Map<String, Queues.Size> most, String defaultLabel) {
        return new Queues.Queue("default", "root.default", false, "RUNNING", true, 1, 1, 0, labels, most, defaultLabel);
    }

    @Test
    void containersThatFitAreAccepted() {
        assertThatCode(() -> LIMITS.check(session("selvage.executor.memory=6g"), QUEUE))
                .doesNotThrowAnyException();
    }

    @Test
    void aContainerAboveTheSchedulersMaximumIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.executor.memory=100g"), QUEUE))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.REFUSED))
                .hasMessage("selvage.executor.memory is 100g, and the cluster gives at most 8192m to a container"
                        + " (yarn.scheduler.maximum-allocation-mb). Ask for less for the executors.");
        assertThatThrownBy(() -> LIMITS.check(session("selvage.master.vcores=5"), QUEUE))
                .hasMessage("selvage.master.vcores is 5, and the cluster gives at most 4 to a container"
                        + " (yarn.scheduler.maximum-allocation-vcores). Ask for fewer for the master.");
    }

    @Test
    void aContainerLargerThanEveryNodeIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.master.memory=7g"), QUEUE))
                .hasMessage("selvage.master.memory is 7g, and the largest of the cluster's nodes has 6144m."
                        + " Ask for less for the master.");
    }

    @Test
    void aContainerThatNoSingleNodeHasRoomForIsRefused() {
        assertThatThrownBy(
                        () -> LIMITS.check(session("selvage.executor.memory=5g", "selvage.executor.vcores=4"), QUEUE))
                .hasMessage(
                        "None of the cluster's nodes has both 5g of memory and 4 virtual cores. Ask for less of one for"
                                + " the executors.");
    }

    @Test
    void aClusterWithoutNodesIsRefused() {
        assertThatThrownBy(() -> new ClusterLimits(8192, 4, List.of(), Set.of(), Set.of()).check(session(), QUEUE))
                .hasMessageContaining("No NodeManager of the cluster runs");
    }

    @Test
    void whatTheQueueAsAWholeMayHaveIsALimitToo() {
        Queues.Queue small = queue(Set.of(), Map.of("", new Queues.Size(2048, 2)));
        assertThatThrownBy(() -> LIMITS.check(session("selvage.executor.memory=3g"), small))
                .hasMessage(
                        "selvage.executor.memory is 3g, and the queue \"default\" gets at most 2048m in all. Ask for"
                                + " less for the executors.");
        assertThatThrownBy(() -> LIMITS.check(session("selvage.master.vcores=3"), small))
                .hasMessage("selvage.master.vcores is 3, and the queue \"default\" gets at most 2 in all. Ask for fewer"
                        + " for the master.");
    }

    @Test
    void aNodeLabelThatIsMissingIsRefusedWithTheNearest() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.application.node-label=gpus"), QUEUE))
                .hasMessage(
                        "selvage.application.node-label is \"gpus\", and the cluster has no such node label: did you"
                                + " mean gpu? It has cold, gpu, ssd.");
        ClusterLimits unlabelled = new ClusterLimits(8192, 4, List.of(node("a:1", 4096, 8)), Set.of(), Set.of());
        assertThatThrownBy(() -> unlabelled.check(session("selvage.executor.node-label=gpu"), QUEUE))
                .hasMessage(
                        "selvage.executor.node-label is \"gpu\", and the cluster has no such node label: it has none"
                                + " at all (yarn.node-labels.enabled). Leave it out.");
    }

    @Test
    void aNodeLabelThatTheQueueMayNotUseIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.application.node-label=cold"), QUEUE))
                .hasMessage("selvage.application.node-label is \"cold\", and the queue \"default\" may not use nodes of"
                        + " that label. It may use gpu, ssd. Choose one of these, or another queue with -qu.");
        assertThatCode(() -> LIMITS.check(session("selvage.application.node-label=gpu"), queue(Set.of("*"), Map.of())))
                .doesNotThrowAnyException();
    }

    @Test
    void onlyNodesOfTheLabelCount() {
        assertThatThrownBy(() ->
                        LIMITS.check(session("selvage.executor.node-label=gpu", "selvage.executor.vcores=3"), QUEUE))
                .hasMessage(
                        "selvage.executor.vcores is 3, and the largest of the nodes with the label gpu has 2. Ask for"
                                + " fewer for the executors.");
        assertThatThrownBy(() -> LIMITS.check(session("selvage.application.node-label=ssd"), QUEUE))
                .hasMessage("selvage.application.node-label is \"ssd\", and no NodeManager of that label runs, so no"
                        + " container for the master can start. See which do with: scripts/yarn-session.sh -q");
    }

    /** Of 4 GiB without a label, and of 6 GiB with one that is exclusive. */
    private static ClusterLimits withExclusiveNodes(ClusterLimits.Node... nodes) {
        return new ClusterLimits(8192, 8, List.of(nodes), Set.of("gpu"), Set.of("gpu"));
    }

    @Test
    void whoAsksForNoLabelGetsNoNodeWhoseLabelIsExclusive() {
        ClusterLimits limits = withExclusiveNodes(node("a:1", 4096, 4), node("b:1", 6144, 8, "gpu"));
        assertThatCode(() -> limits.check(session("selvage.executor.memory=4g"), QUEUE))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> limits.check(session("selvage.executor.memory=5g"), QUEUE))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.REFUSED))
                .hasMessage("selvage.executor.memory is 5g, and the largest of the cluster's nodes that take containers"
                        + " without a label has 4096m. Ask for less for the executors. Nodes with a label are for who"
                        + " names it, with selvage.executor.node-label: gpu.");
        assertThatThrownBy(() -> limits.check(session("selvage.master.vcores=5"), queue(Set.of(), Map.of())))
                .as("a queue that may not use the label")
                .hasMessage("selvage.master.vcores is 5, and the largest of the cluster's nodes that take containers"
                        + " without a label has 4. Ask for fewer for the master.");
        assertThatCode(() ->
                        limits.check(session("selvage.executor.memory=5g", "selvage.executor.node-label=gpu"), QUEUE))
                .doesNotThrowAnyException();
    }

    @Test
    void aClusterOfNothingButExclusiveNodesTakesNobodyWithoutALabel() {
        ClusterLimits limits = withExclusiveNodes(node("b:1", 6144, 8, "gpu"));
        assertThatThrownBy(() -> limits.check(session(), QUEUE))
                .hasMessage("Each node that runs has a label that is exclusive, so no container for the master can"
                        + " start. Nodes with a label are for who names it, with selvage.application.node-label: gpu."
                        + " See which nodes run with: scripts/yarn-session.sh -q");
        assertThatCode(() -> limits.check(session(), queue(Set.of("gpu"), Map.of(), "gpu")))
                .as("a queue whose containers go there")
                .doesNotThrowAnyException();
    }

    @Test
    void theQueuesOwnLabelIsThatOfWhoAsksForNone() {
        ClusterLimits limits = withExclusiveNodes(node("a:1", 4096, 8), node("b:1", 6144, 2, "gpu"));
        Queues.Queue onGpus = queue(Set.of("gpu"), Map.of("gpu", new Queues.Size(5120, 2)), "gpu");
        assertThatCode(() -> limits.check(session("selvage.executor.memory=5g"), onGpus))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> limits.check(session("selvage.executor.memory=6g"), onGpus))
                .hasMessageContaining("the queue \"default\" gets at most 5120m in all");
        assertThatThrownBy(() -> limits.check(session("selvage.executor.vcores=4"), onGpus))
                .hasMessage(
                        "selvage.executor.vcores is 4, and the largest of the nodes with the label gpu, which is the"
                                + " queue's own, has 2. Ask for fewer for the executors.");
        ClusterLimits gone = withExclusiveNodes(node("a:1", 4096, 8));
        assertThatThrownBy(() -> gone.check(session(), onGpus))
                .hasMessageStartingWith(
                        "The queue \"default\" puts containers that ask for no node label on nodes with the"
                                + " label gpu, of which none runs, so no container for the master can start.");
    }

    @Test
    void aQueueOfWhichNothingIsKnownMayLeadToAnyNode() {
        ClusterLimits limits = withExclusiveNodes(node("a:1", 4096, 8), node("b:1", 6144, 2, "gpu"));
        assertThatCode(() -> limits.check(session("selvage.executor.memory=6g"), Queues.Queue.any("default")))
                .doesNotThrowAnyException();
    }

    @Test
    void resourceTypesThatTheClusterGivesAreAccepted() {
        assertThatCode(() -> LIMITS.check(
                        session("selvage.executor.resource.yarn.io/gpu=2").executorResources(),
                        Map.of("yarn.io/gpu", 2L, "yarn.io/fpga", 0L)))
                .doesNotThrowAnyException();
    }

    @Test
    void aResourceTypeThatTheClusterHasNotIsRefused() {
        Map<String, Long> asked =
                session("selvage.executor.resource.yarn.io/gpus=1").executorResources();
        assertThatThrownBy(() -> LIMITS.check(asked, Map.of()))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.REFUSED))
                .hasMessage("selvage.executor.resource.yarn.io/gpus is 1, and the cluster has no such resource type: it"
                        + " has memory and cores alone (yarn.resource-types). Leave it out.");
        assertThatThrownBy(() -> LIMITS.check(asked, Map.of("yarn.io/gpu", 4L, "yarn.io/fpga", 1L)))
                .hasMessageEndingWith("did you mean yarn.io/gpu? It has yarn.io/fpga, yarn.io/gpu.");
    }

    @Test
    void moreOfAResourceTypeThanTheClusterGivesIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(
                        session("selvage.executor.resource.yarn.io/gpu=3").executorResources(),
                        Map.of("yarn.io/gpu", 2L)))
                .hasMessageStartingWith(
                        "selvage.executor.resource.yarn.io/gpu is 3, and the cluster gives at most 2 to a"
                                + " container")
                .hasMessageEndingWith("Ask for less for the executors.");
    }

    private static SessionConfig session(String... options) {
        return SessionConfig.from(Configuration.defaults().withOptions(List.of(options)));
    }
}
