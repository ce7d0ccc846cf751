package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.util.List;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;

/** As the ResourceManager's RMAppImpl reckons. */
class EffectiveAttemptsTest {
    private static final SessionConfig TEN =
            SessionConfig.from(Configuration.defaults().withOptions(List.of("selvage.application.max-attempts=10")));

    private static YarnConfiguration cluster() {
        return new YarnConfiguration(new org.apache.hadoop.conf.Configuration(false));
    }

    @Test
    void theClustersGlobalMaximumCapsWhatIsAsked() {
        YarnConfiguration cluster = cluster();
        cluster.setInt("yarn.resourcemanager.am.global.max-attempts", 4);
        cluster.setInt("yarn.resourcemanager.am.max-attempts", 2);
        assertThat(Deployment.effectiveAttempts(TEN, cluster)).isEqualTo(4);
        cluster.setInt("yarn.resourcemanager.am.global.max-attempts", 40);
        assertThat(Deployment.effectiveAttempts(TEN, cluster)).isEqualTo(10);
    }

    @Test
    void withoutOneTheDefaultOfApplicationsDoes() {
        YarnConfiguration cluster = cluster();
        cluster.setInt("yarn.resourcemanager.am.max-attempts", 3);
        assertThat(Deployment.effectiveAttempts(TEN, cluster)).isEqualTo(3);
    }
}
