package io.selvage.client;

import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.deploy.OnlyJob;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubmitJobRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the one job of a program, on the thread that runs its main, and opens an application for it. The job is part of
 * what YARN is given, so that there is no application without its job, whoever dies on the way.
 */
final class OwnApplication extends ProgramRun {
    private final Path jar;
    private final OpenObserver progress;
    private final Consumer<Session> submitted;
    private @Nullable Session opened;

    /**
     * @param submitted told of the application when it has the job
     * @param from null: the job starts from the beginning
     */
    OwnApplication(
            SelvageClient client,
            Path jar,
            Configuration settings,
            OpenObserver progress,
            Consumer<Session> submitted,
            @Nullable StartPoint from) {
        super(client, settings, from);
        this.jar = jar;
        this.progress = progress;
        this.submitted = submitted;
    }

    /** @throws ClientException also for a second job of the program */
    @Override
    public String launch(JobGraph graph) {
        Session before = opened;
        if (before != null) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "The program has a second job, \"" + graph.name() + "\", and an application of its own is for one:"
                            + " that is " + before.onlyJob() + ", and runs. Run the program in a session, or each job"
                            + " by a program of its own.");
        }
        Thread thread = Thread.currentThread();
        ClassLoader ofProgram = thread.getContextClassLoader();
        // YARN's and HDFS's clients are to find their own parts, whatever the program brings.
        thread.setContextClassLoader(OwnApplication.class.getClassLoader());
        try {
            return open(graph);
        } finally {
            thread.setContextClassLoader(ofProgram);
        }
    }

    private String open(JobGraph graph) {
        JobFiles files =
                new JobFiles(JobId.random(), graph, settingsOfJob(settings, graph), jar, client.hashCacheFile(), from);
        Configuration named = settings.isSet(SessionConfig.APPLICATION_NAME)
                ? settings
                : settings.with(Map.of(SessionConfig.APPLICATION_NAME.name(), graph.name()), "the job's name");
        Job job = new Job(files);
        Session session = client.open(named, progress, job);
        opened = session;
        String refusal = refusal(session, job);
        if (!refusal.isEmpty()) {
            throw new ClientException(ExitCode.REFUSED, "The application does not take its job: " + refusal);
        }
        submitted.accept(session);
        return files.job().value();
    }

    /** What the program has chosen has to go together with what its application is opened with. */
    static Map<String, String> settingsOfJob(Configuration settings, JobGraph graph) {
        Map<String, String> ofJob = effectiveSettings(settings, graph);
        SessionConfig.from(settings.with(ofJob, "set for the job"));
        return ofJob;
    }

    /** One that has ended meanwhile had its job before it did anything else, and tells how that has ended. */
    private static String refusal(Session session, Job job) {
        try {
            return session.refusal(job.told());
        } catch (ClientException ended) {
            if (ended.exitCode() == ExitCode.NO_SESSION && session.hasEnded()) {
                return "";
            }
            throw ended;
        }
    }

    /** Null: the program has had no job. */
    @Nullable
    Session opened() {
        return opened;
    }

    /** Owned by the run: what is put into HDFS, and what the master is told of it. */
    private static final class Job implements OnlyJob {
        private final JobFiles files;
        private SubmitJobRequest told = SubmitJobRequest.getDefaultInstance();

        Job(JobFiles files) {
            this.files = files;
        }

        @Override
        public JobId id() {
            return files.job();
        }

        @Override
        public SubmitJobRequest put(DurableStore store, String applicationId) throws IOException {
            told = files.put(store, applicationId);
            return told;
        }

        SubmitJobRequest told() {
            return told;
        }
    }
}
