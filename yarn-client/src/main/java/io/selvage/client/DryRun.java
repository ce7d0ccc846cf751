package io.selvage.client;

import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.restore.RestorePlan;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.restore.StartPointCheck;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Takes the jobs of one program, on the thread that runs its main, and submits none of them: tells what would become of
 * the savepoint's state.
 */
final class DryRun extends ProgramRun {
    private static final String NO_JOB = "none: a dry run";

    private final String stateRoot;
    private final StartPoint start;
    private final Consumer<RestorePlan> planned;

    DryRun(
            String stateRoot,
            SelvageClient client,
            Configuration settings,
            StartPoint start,
            Consumer<RestorePlan> planned) {
        super(client, settings, start);
        this.stateRoot = stateRoot;
        this.start = start;
        this.planned = planned;
    }

    @Override
    public String launch(JobGraph graph) {
        effectiveSettings(settings, graph); // Or they are refused.
        DurableStore store;
        try {
            store = openStore(stateRoot);
        } catch (IOException failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    stateRoot + " could not be opened: " + failed.getMessage() + " Check HDFS, and run it again.",
                    failed);
        }
        StartPointCheck check = new StartPointCheck(store, start);
        Hdfs.read(start.path(), ExitCode.NOT_RESTORABLE, () -> check.check(graph, planned));
        return NO_JOB;
    }
}
