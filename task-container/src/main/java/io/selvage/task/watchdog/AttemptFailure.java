package io.selvage.task.watchdog;

import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.Epoch;
import io.selvage.task.control.MasterReplacement;
import java.io.IOException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;

/**
 * Has YARN fail an attempt of the application, so that it starts the next one at once: by itself it notices a host that
 * is gone, or a process that hangs, after ten to fifteen minutes. A client lives for one question; used by one thread.
 */
public final class AttemptFailure implements MasterReplacement {
    /** So long the ResourceManager is tried; a later round tries again. */
    static final int CONNECT_LIMIT_MILLIS = 10_000;

    private static final int RETRY_MILLIS = 500;

    private final String applicationId;

    public AttemptFailure(String applicationId) {
        this.applicationId = applicationId;
    }

    @Override
    public String replace(Epoch silent) throws IOException {
        ApplicationId application = ApplicationId.fromString(applicationId);
        ApplicationAttemptId attempt = ApplicationAttemptId.newInstance(application, Math.toIntExact(silent.value()));
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(hasty(new YarnConfiguration()));
            yarn.start();
            ApplicationReport report = yarn.getApplicationReport(application);
            ApplicationAttemptId current = report.getCurrentApplicationAttemptId();
            if (current.getAttemptId() > attempt.getAttemptId()) {
                return "YARN has begun with " + current + " already; " + attempt + " is not failed again.";
            }
            yarn.failApplicationAttempt(attempt);
            return "YARN was asked to fail " + attempt + ", and starts the next attempt.";
        } catch (YarnException | AccessControlException refused) {
            throw new IOException(refusal(attempt, String.valueOf(refused.getMessage())), refused);
        }
    }

    static String refusal(ApplicationAttemptId attempt, String reason) {
        return "YARN does not let this executor fail " + attempt + " (" + reason + "). What runs here goes on for "
                + SessionConfig.EXECUTOR_LEASE.name() + ", and YARN itself notices within "
                + YarnConfiguration.RM_AM_EXPIRY_INTERVAL_MS + ". It needs the right MODIFY_APP: let the user that"
                + " containers run as be the submitter or in the queue's acl_administer_queue; with Kerberos, a"
                + " delegation token of the ResourceManager among the session's credentials.";
    }

    static YarnConfiguration hasty(YarnConfiguration configuration) {
        configuration.setBoolean(YarnConfiguration.TIMELINE_SERVICE_ENABLED, false);
        configuration.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, CONNECT_LIMIT_MILLIS);
        configuration.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, RETRY_MILLIS);
        // What a cluster sets for two ResourceManagers would win: with pauses longer than this limit, only one is
        // tried.
        configuration.setInt(YarnConfiguration.CLIENT_FAILOVER_MAX_ATTEMPTS, CONNECT_LIMIT_MILLIS / RETRY_MILLIS);
        configuration.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_BASE_MS, RETRY_MILLIS);
        configuration.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_MAX_MS, RETRY_MILLIS);
        return configuration;
    }
}
