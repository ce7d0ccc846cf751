package io.selvage.client;

import io.selvage.api.JobLauncher;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Takes the jobs of one program, on the thread that runs its main, and submits none of them: tells what would become of
 * the savepoint's state.
 */
final class DryRun implements JobLauncher {
    private static final String NO_JOB = "none: a dry run";

    private final SessionRecord session;
    private final SelvageClient client;
    private final Configuration settings;
    private final StartPoint from;
    private final Consumer<RestorePlan> planned;

    DryRun(
            SessionRecord session,
            SelvageClient client,
            Configuration settings,
            StartPoint from,
            Consumer<RestorePlan> planned) {
        this.session = session;
        this.client = client;
        this.settings = settings;
        this.from = from;
        this.planned = planned;
    }

    @Override
    public int defaultParallelism() {
        return settings.get(JobConfig.DEFAULT_PARALLELISM);
    }

    @Override
    public int maxParallelism() {
        return settings.get(JobConfig.MAX_PARALLELISM);
    }

    @Override
    public boolean isRestored() {
        return true;
    }

    @Override
    public String launch(JobGraph graph) {
        Submission.effectiveSettings(settings, graph);
        DurableStore store;
        try {
            store = DurableStore.open(new org.apache.hadoop.fs.Path(session.stateRoot()), client.configuration());
        } catch (IOException failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    session.stateRoot() + " could not be opened: " + failed.getMessage()
                            + " Check HDFS, and run it again.",
                    failed);
        }
        new StartPointCheck(store, from).check(graph, planned);
        return NO_JOB;
    }
}
