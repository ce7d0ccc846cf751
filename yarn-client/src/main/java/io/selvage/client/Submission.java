package io.selvage.client;

import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the jobs of one program, on the thread that runs its main: jar and graph go to HDFS, and then the master hears.
 */
final class Submission extends ProgramRun {
    private final MasterConnection connection;
    private final SessionRecord session;
    private final Path jar;
    private final Consumer<String> submitted;

    /** @param from null: its jobs start from the beginning */
    Submission(
            MasterConnection connection,
            SessionRecord session,
            SelvageClient client,
            Path jar,
            Configuration settings,
            Consumer<String> submitted,
            @Nullable StartPoint from) {
        super(client, settings, from);
        this.connection = connection;
        this.session = session;
        this.jar = jar;
        this.submitted = submitted;
    }

    @Override
    public String launch(JobGraph graph) {
        JobId job = JobId.random();
        JobFiles files =
                new JobFiles(job, graph, effectiveSettings(settings, graph), jar, client.hashCacheFile(), from);
        try {
            DurableStore store = openStore(session.stateRoot());
            String refusal = refusal(connection, files.put(store, session.applicationId()));
            if (!refusal.isEmpty()) {
                store.delete(files.directory(session.applicationId()));
                throw new ClientException(ExitCode.REFUSED, "The session does not take the job: " + refusal);
            }
            submitted.accept(job.value());
            return job.value();
        } catch (IOException failed) {
            throw notPut(failed);
        }
    }

    static ClientException notPut(IOException failed) {
        return new ClientException(
                ExitCode.NO_CLUSTER,
                "The job could not be put into HDFS: " + failed.getMessage() + " Check HDFS, and run it again.",
                failed);
    }

    /** Tells the master of a job, once or again; answers why it does not take it, and nothing if it has it. */
    static String refusal(MasterConnection connection, SubmitJobRequest request) {
        SubmitJobResponse response;
        try {
            response = connection.call(stub -> stub.submitJob(request));
        } catch (ClientException unanswered) {
            throw new ClientException(
                    unanswered.exitCode(),
                    unanswered.getMessage() + " Whether the job " + request.getJobId()
                            + " was taken is not known; scripts/selvage list tells.",
                    unanswered);
        }
        return response.getRefusal();
    }
}
