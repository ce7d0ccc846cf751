package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that has another resource type beside memory and cores, as it has with GPUs. */
@Tag("own-cluster")
class ResourceTypesIT {
    private static final String TYPE = "selvage.io/licence";
    private static final String KEY = "selvage.executor.resource." + TYPE;

    @TempDir
    Path scratch;

    @Test
    void executorsGetWhatIsAskedForAndTheImpossibleIsRefusedEarly() throws Exception {
        try (MiniCluster cluster = MiniCluster.builder(Path.of("target", "resource-types"))
                .hadoop("yarn.resource-types", TYPE)
                .hadoop("yarn.nodemanager.resource-type." + TYPE, "3")
                .start()) {
            assertThatThrownBy(() -> new VerifiedSession(cluster, scratch.resolve("a"), Map.of(KEY, "4")))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining(KEY + " is 4, and the cluster gives at most 3 to a container");
            assertThatThrownBy(() -> new VerifiedSession(cluster, scratch.resolve("b"), Map.of(KEY + "s", "1")))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("did you mean " + TYPE + "?");
            try (VerifiedSession session = new VerifiedSession(
                    cluster,
                    scratch.resolve("c"),
                    Map.of(KEY, "2", "selvage.executor.slots", Integer.toString(VerifiedJob.PARALLELISM)))) {
                VerifiedJob job = session.submit();
                session.awaitCheckpoints(job);
                assertThat(session.busy())
                        .isNotEmpty()
                        .allSatisfy(executor ->
                                assertThat(amountOf(cluster, executor)).isEqualTo(2));
                session.assertEndsRight(job);
            }
        }
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
