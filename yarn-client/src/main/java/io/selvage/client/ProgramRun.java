package io.selvage.client;

import io.selvage.api.JobLauncher;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/** Owned by the thread that runs a program's main: what its jobs start with, whatever is done with them. */
abstract sealed class ProgramRun implements JobLauncher permits Submission, DryRun {
    final SessionRecord session;
    final SelvageClient client;
    final Configuration settings;

    ProgramRun(SessionRecord session, SelvageClient client, Configuration settings) {
        this.session = session;
        this.client = client;
        this.settings = settings;
    }

    @Override
    public final int defaultParallelism() {
        return settings.get(JobConfig.DEFAULT_PARALLELISM);
    }

    @Override
    public final int maxParallelism() {
        return settings.get(JobConfig.MAX_PARALLELISM);
    }

    /** Of the session's state root. */
    final DurableStore openStore() throws IOException {
        return DurableStore.open(new Path(session.stateRoot()), client.configuration());
    }

    /** Every setting for jobs that is not left at its default, whoever set it. */
    static Map<String, String> effectiveSettings(Configuration settings, JobGraph graph) {
        Configuration own = Configuration.defaults().with(graph.settings(), "set by the program");
        own.settings(Scope.SESSION).keySet().stream().findFirst().ifPresent(key -> {
            throw new ConfigException(
                    key + " (set by the program) belongs to the session. Set it when you open the session:"
                            + " scripts/yarn-session.sh -D " + key + "=VALUE");
        });
        Stream.of(JobConfig.CLASSLOADER_ORDER.name(), JobConfig.CLASSLOADER_SHARED_PACKAGES.name())
                .filter(graph.settings()::containsKey)
                .findFirst()
                .ifPresent(key -> {
                    throw new ConfigException(key + " (set by the program) comes too late: the program's classes are"
                            + " loaded already. Give it to the command: scripts/selvage run -D " + key + "=VALUE");
                });
        Configuration effective = settings.with(graph.settings(), "set by the program")
                .with(
                        Map.of(JobConfig.MAX_PARALLELISM.name(), Integer.toString(graph.maxParallelism())),
                        "set by the program");
        JobConfig.from(effective);
        return effective.settings(Scope.JOB);
    }
}
