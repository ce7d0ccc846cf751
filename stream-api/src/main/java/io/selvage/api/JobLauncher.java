package io.selvage.api;

import io.selvage.api.graph.JobGraph;

/**
 * Takes the job that a program has built. The client installs one before it calls the program's {@code main}; a program
 * without a client takes what {@link java.util.ServiceLoader} finds.
 */
public interface JobLauncher {
    /** Parallelism of operators for which the program sets none. */
    int defaultParallelism();

    /** The number of key groups of programs that set none. */
    default int maxParallelism() {
        return StreamEnvironment.DEFAULT_MAX_PARALLELISM;
    }

    /** The job goes on from a savepoint: what it has written before may be there. */
    default boolean isRestored() {
        return false;
    }

    /** @return the job's id */
    String launch(JobGraph graph);
}
