package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterLimitsTest {
    private static final ClusterLimits LIMITS = new ClusterLimits(
            8192, 4, List.of(new ClusterLimits.Node("a:1", 4096, 8), new ClusterLimits.Node("b:1", 6144, 2)));

    @Test
    void containersThatFitAreAccepted() {
        assertThatCode(() -> LIMITS.check(session("selvage.executor.memory=6g")))
                .doesNotThrowAnyException();
    }

    @Test
    void aContainerAboveTheSchedulersMaximumIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.executor.memory=100g")))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.REFUSED))
                .hasMessage("selvage.executor.memory is 100g, and the cluster gives at most 8192m to a container"
                        + " (yarn.scheduler.maximum-allocation-mb). Ask for less for the executors.");
        assertThatThrownBy(() -> LIMITS.check(session("selvage.master.vcores=5")))
                .hasMessage("selvage.master.vcores is 5, and the cluster gives at most 4 to a container"
                        + " (yarn.scheduler.maximum-allocation-vcores). Ask for fewer for the master.");
    }

    @Test
    void aContainerLargerThanEveryNodeIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.master.memory=7g")))
                .hasMessage("selvage.master.memory is 7g, and the largest of the cluster's nodes has 6144m."
                        + " Ask for less for the master.");
    }

    @Test
    void aContainerThatNoSingleNodeHasRoomForIsRefused() {
        assertThatThrownBy(() -> LIMITS.check(session("selvage.executor.memory=5g", "selvage.executor.vcores=4")))
                .hasMessage("No node of the cluster has both 5g of memory and 4 virtual cores. Ask for less of one for"
                        + " the executors.");
    }

    @Test
    void aClusterWithoutNodesIsRefused() {
        assertThatThrownBy(() -> new ClusterLimits(8192, 4, List.of()).check(session()))
                .hasMessageContaining("No NodeManager of the cluster runs");
    }

    private static SessionConfig session(String... options) {
        return SessionConfig.from(Configuration.defaults().withOptions(List.of(options)));
    }
}
