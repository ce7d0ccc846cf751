package io.selvage.task.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.net.ConnectException;
import org.apache.hadoop.io.retry.RetryPolicy;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.client.RMProxy;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;

class AttemptFailureTest {
    private static final ApplicationAttemptId ATTEMPT =
            ApplicationAttemptId.newInstance(ApplicationId.newInstance(1, 2), 3);

    @Test
    void aRefusalSaysWhatIsMissingAndWhatHappensNow() {
        assertThat(AttemptFailure.refusal(ATTEMPT, "no such right"))
                .contains(
                        ATTEMPT.toString(),
                        "no such right",
                        "What runs here goes on for selvage.executor.lease",
                        "yarn.am.liveness-monitor.expiry-interval-ms",
                        "MODIFY_APP",
                        "delegation token");
    }

    /** Whoever is asked first may be the one that stands by. */
    @Test
    void theOtherResourceManagerIsTriedWhateverPausesAClusterSetsBetweenTheTwo() throws Exception {
        YarnConfiguration cluster = new YarnConfiguration();
        cluster.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_BASE_MS, 30_000);
        cluster.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_MAX_MS, 60_000);
        RetryPolicy policy = RMProxy.createRetryPolicy(AttemptFailure.hasty(cluster), true);
        for (int failovers = 0; failovers < 5; failovers++) {
            RetryPolicy.RetryAction next = policy.shouldRetry(new ConnectException(), failovers, failovers, true);
            assertThat(next.action).isEqualTo(RetryPolicy.RetryAction.RetryDecision.FAILOVER_AND_RETRY);
            assertThat(next.delayMillis).isLessThan(1_000);
        }
    }

    /** The sentence above would be a lie otherwise. */
    @Test
    void byDefaultTasksOutliveTheTimeInWhichYarnNoticesByItself() {
        long leaseMillis =
                Configuration.defaults().get(SessionConfig.EXECUTOR_LEASE).toMillis();
        assertThat(leaseMillis)
                .isGreaterThan(YarnConfiguration.DEFAULT_RM_AM_EXPIRY_INTERVAL_MS)
                .isGreaterThan(YarnConfiguration.DEFAULT_RM_NM_EXPIRY_INTERVAL_MS);
    }
}
