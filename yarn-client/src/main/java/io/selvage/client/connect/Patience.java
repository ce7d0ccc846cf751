package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * How long a person is made to wait for a cluster that does not answer: seconds, where Hadoop's defaults wait minutes.
 */
final class Patience {
    /** For one call to HDFS or YARN, all of its retries together. */
    static final Duration CALL = Duration.ofSeconds(15);

    private static final int CONNECT_TIMEOUT_MILLIS = 4_000;
    private static final int CONNECT_RETRIES = 2;
    private static final int RETRY_INTERVAL_MILLIS = 300;
    private static final int YARN_WAIT_MILLIS = 4_000;
    private static final int HDFS_FAILOVERS = 3;

    private Patience() {}

    static YarnConfiguration shorten(YarnConfiguration hadoop) {
        hadoop.setInt("ipc.client.connect.timeout", CONNECT_TIMEOUT_MILLIS);
        hadoop.setInt("ipc.client.connect.max.retries", CONNECT_RETRIES);
        hadoop.setInt("ipc.client.connect.max.retries.on.timeouts", 1);
        hadoop.setInt("ipc.client.connect.retry.interval", RETRY_INTERVAL_MILLIS);
        hadoop.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, YARN_WAIT_MILLIS);
        hadoop.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, RETRY_INTERVAL_MILLIS);
        // The same where there are two ResourceManagers, whatever the cluster's own settings for that are.
        hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_MAX_ATTEMPTS, YARN_WAIT_MILLIS / RETRY_INTERVAL_MILLIS);
        hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_BASE_MS, RETRY_INTERVAL_MILLIS);
        hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_MAX_MS, RETRY_INTERVAL_MILLIS);
        hadoop.setInt("dfs.client.failover.max.attempts", HDFS_FAILOVERS);
        hadoop.setInt("dfs.client.failover.sleep.max.millis", RETRY_INTERVAL_MILLIS);
        // The timeline service is not needed, and its client alone takes a second to load.
        hadoop.setBoolean(YarnConfiguration.TIMELINE_SERVICE_ENABLED, false);
        return hadoop;
    }

    /**
     * Makes the call on a thread of its own, which is left behind if the time is over.
     *
     * @param service for the message: who did not answer, and where
     */
    static <T> T bounded(String service, Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread thread = new Thread(task, "call to " + service);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(CALL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            task.cancel(true);
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    service + " has not answered for " + CALL.toSeconds()
                            + " s. Check that it runs, and that HADOOP_CONF_DIR names the right cluster.",
                    late);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw failed;
        }
    }
}
