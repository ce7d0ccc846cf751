package io.selvage.task.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationId;
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
