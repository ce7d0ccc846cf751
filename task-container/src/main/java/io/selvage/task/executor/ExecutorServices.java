package io.selvage.task.executor;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.operator.NanoClock;
import io.selvage.task.operator.StateBackends;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * What an executor works with.
 *
 * @param store rooted at the state root
 * @param configuration the session's; a job's own settings go on top
 * @param preparing runs one task after the other; its tasks wait for the file system
 * @param uploading a small pool; its tasks wait for the file system
 * @param parentLoader of jobs' class loaders
 */
public record ExecutorServices(
        DurableStore store,
        Configuration configuration,
        ExchangeTransport transport,
        StateBackends backends,
        Executor preparing,
        Executor uploading,
        NanoClock clock,
        ClassLoader parentLoader,
        ProcessExit exit,
        ProcessSignals signals) {
    /** The session's configuration with a job's own settings on top. */
    JobConfig jobConfig(Map<String, String> settings) {
        return JobConfig.from(configuration.with(settings, "from the job"));
    }
}
