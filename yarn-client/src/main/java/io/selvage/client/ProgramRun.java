package io.selvage.client;

import io.selvage.api.JobLauncher;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Owned by the thread that runs a program's main: what its jobs start with, whatever is done with them. */
abstract sealed class ProgramRun implements JobLauncher permits Submission, OwnApplication, DryRun {
    final SelvageClient client;
    final Configuration settings;
    final @Nullable StartPoint from;

    /** @param from null: its jobs start from the beginning */
    ProgramRun(SelvageClient client, Configuration settings, @Nullable StartPoint from) {
        this.client = client;
        this.settings = settings;
        this.from = from;
    }

    @Override
    public final int defaultParallelism() {
        return settings.get(JobConfig.DEFAULT_PARALLELISM);
    }

    @Override
    public final int maxParallelism() {
        return settings.get(JobConfig.MAX_PARALLELISM);
    }

    @Override
    public final boolean isRestored() {
        return from != null;
    }

    final DurableStore openStore(String stateRoot) throws IOException {
        return DurableStore.open(new Path(stateRoot), client.configuration());
    }

    /**
     * What holds for jobs of a session: what the command says, and below that what the session was opened with, as far
     * as this version knows it.
     */
    static Configuration inSession(Configuration settings, SessionSpec session) {
        Map<String, String> ofJobs = new TreeMap<>(session.getConfigurationMap());
        ofJobs.keySet().retainAll(JobConfig.KEYS.stream().map(ConfigKey::name).toList());
        return settings.above(Configuration.defaults().with(ofJobs, "set for the session"));
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
