package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.deploy.ClusterLimits;
import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.deploy.Queues;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ResourceTextsTest {
    private static final ClusterResources RESOURCES = new ClusterResources(
            "rm:8032",
            new ClusterLimits(
                    8192,
                    4,
                    List.of(
                            new ClusterLimits.Node("b:1", "/east", Set.of("gpu"), 6144, 2, 0, 0, 0),
                            new ClusterLimits.Node("a:1", "/west", Set.of(), 4096, 8, 1536, 3, 2)),
                    Set.of("gpu"),
                    Set.of("gpu")),
            new Queues(
                    List.of(
                            new Queues.Queue(
                                    "etl", "root.etl", true, "RUNNING", true, 0.5f, 1, 0.1f, Set.of("*"), Map.of(), ""),
                            new Queues.Queue(
                                    "nightly",
                                    "root.etl.nightly",
                                    false,
                                    "STOPPED",
                                    false,
                                    1,
                                    1,
                                    Float.POSITIVE_INFINITY,
                                    Set.of(),
                                    Map.of(),
                                    "")),
                    false));

    @Test
    void nodesAndQueuesAreShownWithWhatIsUsed() {
        assertThat(ResourceTexts.inWords(RESOURCES)).isEqualTo("""
                        The cluster at rm:8032: 2 running nodes, 1.5 GiB of 10.0 GiB of memory and 3 of 10 virtual cores in use.
                        The largest container: 8.0 GiB and 4 virtual cores.

                        NODE  RACK   MEMORY USED         CORES USED  CONTAINERS  LABELS
                        a:1   /west  1.5 GiB of 4.0 GiB  3 of 8      2           -
                        b:1   /east  0 B of 6.0 GiB      0 of 2      0           gpu

                        QUEUE             STATE    FOR YOU       CAPACITY  AT MOST  USED  LABELS
                        root.etl          running  holds queues  50%       100%     10%   *
                        root.etl.nightly  stopped  closed        100%      100%     -     -""");
    }

    @Test
    void asJsonNumbersAreNumbers() {
        assertThat(Json.write(ResourceTexts.json(RESOURCES)))
                .startsWith("{\"resource_manager\": \"rm:8032\", \"largest_memory_mib\": 8192, \"largest_vcores\": 4,"
                        + " \"node_labels\": [\"gpu\"], \"nodes\": [{\"node\": \"a:1\", \"rack\": \"/west\", \"labels\": [],"
                        + " \"memory_mib\": 4096, \"used_memory_mib\": 1536, \"vcores\": 8, \"used_vcores\": 3,"
                        + " \"containers\": 2}, ")
                .endsWith("{\"queue\": \"root.etl.nightly\", \"name\": \"nightly\", \"holds_queues\": false, \"state\":"
                        + " \"STOPPED\", \"submittable\": false, \"capacity\": 1.0, \"maximum_capacity\": 1.0,"
                        + " \"used_capacity\": null, \"node_labels\": []}]}");
    }
}
