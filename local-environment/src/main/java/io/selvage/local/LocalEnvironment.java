package io.selvage.local;

import io.selvage.api.JobLauncher;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs in this JVM, for a debugger and for unit tests: the engine of a cluster, with its checkpoints, restarts and
 * savepoints, and without YARN, HDFS, ports or other processes. Safe for use by many threads; each environment stands
 * for itself.
 *
 * <pre>{@code
 * try (LocalEnvironment local = LocalEnvironment.start()) {
 *     CollectSink<Count> counts = CollectSink.of(Count.class);
 *     StreamEnvironment env = local.streams();
 *     env.from(ElementSource.of(String.class, "a", "b", "a"), "words")...sinkTo(counts, "counts");
 *     env.execute("count words"); // returns when the job has finished
 *     assertEquals(..., counts.results());
 * }
 * }</pre>
 *
 * <p>{@code local.submit(env.graph("name"))} starts a job and does not wait: the {@link LocalJob} that it answers can
 * be asked, canceled, and have savepoints taken.
 *
 * <p>Classes are the program's own, as the thread that starts the environment sees them. Checkpoints lie in a directory
 * for temporary files, which {@link #close} deletes. Elements, and values in states, that are changed after they were
 * given away fail the job, with a message that names the operator and the element: {@code selvage.check.immutability}
 * is on here, unless it is set otherwise.
 */
public final class LocalEnvironment implements AutoCloseable {
    private final LocalSession session;
    private final JobLauncher launcher = new Launcher();

    private LocalEnvironment(LocalSession session) {
        this.session = session;
    }

    /** An environment with everything at its default. */
    public static LocalEnvironment start() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Where a program starts whose jobs are to run here; {@code execute} returns when the job has finished. */
    public StreamEnvironment streams() {
        return StreamEnvironment.of(launcher);
    }

    /**
     * Starts a job; returns when it is taken.
     *
     * @param graph {@link StreamEnvironment#graph}, of a program that began with {@link #streams}
     * @throws JobFailedException if it can't be: a setting is not allowed, or the savepoint does not fit
     */
    public LocalJob submit(JobGraph graph) {
        return session.submit(graph);
    }

    /**
     * Runs a program as it is, by its {@code main}: each job that it executes runs here to its end. For one program at
     * a time in a JVM.
     */
    public void run(Program program) throws Exception {
        StreamEnvironment.install(launcher);
        try {
            program.main();
        } finally {
            StreamEnvironment.install(null);
        }
    }

    /** A program's {@code main}, with its arguments. */
    @FunctionalInterface
    public interface Program {
        void main() throws Exception;
    }

    JobLauncher launcher() {
        return launcher;
    }

    /** Cancels what runs, and deletes what is left, but for savepoints and checkpoints that are to stay. */
    @Override
    public void close() {
        session.close();
    }

    /** Owned by one thread; can be used once. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private @Nullable Path stateRoot;
        private @Nullable String from;
        private boolean mayDropState;

        private Builder() {}

        /** Sets a configuration key for all jobs here (docs/configuration.md); a program's own settings lie above. */
        public Builder set(String key, String value) {
            settings.put(key, value);
            return this;
        }

        /** Parallelism of operators for which the program sets none. */
        public Builder parallelism(int parallelism) {
            return set(JobConfig.DEFAULT_PARALLELISM.name(), Integer.toString(parallelism));
        }

        /** Where checkpoints lie, if not in a directory for temporary files. What jobs leave there is deleted. */
        public Builder stateRoot(Path directory) {
            stateRoot = directory;
            return this;
        }

        /** Jobs go on from this savepoint, or from a checkpoint that was left, at whatever parallelism. */
        public Builder from(String savepoint) {
            from = savepoint;
            return this;
        }

        /**
         * What the savepoint holds that the program has no place for is no longer wanted: of operators that it does not
         * have, of steps of another kind, and what it does not declare any more, be it with keys or broadcast.
         */
        public Builder allowDroppedState() {
            mayDropState = true;
            return this;
        }

        /** @throws io.selvage.protocol.config.ConfigException if a setting is unknown or not allowed */
        public LocalEnvironment start() {
            Configuration configuration = Configuration.defaults()
                    .with(Map.of(JobConfig.CHECK_IMMUTABILITY.name(), "true"), "by default")
                    .with(settings, "set for the local environment");
            StartPoint start = from == null ? null : new StartPoint(from, mayDropState, false);
            return new LocalEnvironment(LocalSession.start(configuration, stateRoot, start));
        }
    }

    /** Immutable. */
    private final class Launcher implements JobLauncher {
        @Override
        public int defaultParallelism() {
            return session.configuration().get(JobConfig.DEFAULT_PARALLELISM);
        }

        @Override
        public int maxParallelism() {
            return session.configuration().get(JobConfig.MAX_PARALLELISM);
        }

        @Override
        public boolean isRestored() {
            return session.isRestored();
        }

        /** @throws JobFailedException if the job fails */
        @Override
        public String launch(JobGraph graph) {
            LocalJob job = session.submit(graph);
            job.awaitFinished();
            return job.id();
        }
    }
}
