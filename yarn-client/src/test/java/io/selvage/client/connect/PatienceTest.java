package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import org.apache.hadoop.io.retry.RetryPolicy;
import org.apache.hadoop.yarn.client.RMProxy;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;

class PatienceTest {
    /** One that is not there yet is waited for as the only one of a cluster is: some seconds. */
    @Test
    void ofTwoResourceManagersTheOneThatAnswersIsFoundWhateverPausesAClusterSets() throws Exception {
        YarnConfiguration cluster = new YarnConfiguration();
        cluster.setInt(YarnConfiguration.CLIENT_FAILOVER_MAX_ATTEMPTS, 0);
        cluster.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_BASE_MS, 30_000);
        cluster.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_MAX_MS, 60_000);
        RetryPolicy policy = RMProxy.createRetryPolicy(Patience.shorten(cluster), true);
        long mostMillis = 0;
        int failovers = 0;
        RetryPolicy.RetryAction next = policy.shouldRetry(new ConnectException(), 0, 0, true);
        while (next.action == RetryPolicy.RetryAction.RetryDecision.FAILOVER_AND_RETRY) {
            mostMillis += next.delayMillis;
            failovers++;
            next = policy.shouldRetry(new ConnectException(), failovers, failovers, true);
        }
        assertThat(mostMillis).isBetween(1_500L, Patience.CALL.toMillis() / 2);
    }
}
