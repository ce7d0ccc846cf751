package io.selvage.local;

import io.selvage.api.JobLauncher;
import io.selvage.api.graph.JobGraph;
import io.selvage.protocol.config.JobConfig;

/**
 * What a program finds that is run by its own {@code main}, in an IDE say, with this module on its class path: each job
 * runs in a local environment of its own, and {@code execute} returns when it has finished.
 *
 * <p>Found by {@link java.util.ServiceLoader}; not for use by other code. Immutable.
 */
public final class LocalLauncher implements JobLauncher {
    @Override
    public int defaultParallelism() {
        return JobConfig.DEFAULT_PARALLELISM.defaultValue();
    }

    /** @throws JobFailedException if the job fails */
    @Override
    public String launch(JobGraph graph) {
        try (LocalEnvironment local = LocalEnvironment.start()) {
            return local.launcher().launch(graph);
        }
    }
}
