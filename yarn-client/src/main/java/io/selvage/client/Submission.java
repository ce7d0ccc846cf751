package io.selvage.client;

import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryEntry;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.restore.StartPointCheck;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the jobs of one program, on the thread that runs its main: jar and graph go to HDFS, and then the master hears.
 */
final class Submission extends ProgramRun {
    private static final String GRAPH = "graph.pb";

    private final MasterConnection connection;
    private final Path jar;
    private final Consumer<String> submitted;
    private final @Nullable StartPoint from;

    /** @param from null: its jobs start from the beginning */
    Submission(
            MasterConnection connection,
            SessionRecord session,
            SelvageClient client,
            Path jar,
            Configuration settings,
            Consumer<String> submitted,
            @Nullable StartPoint from) {
        super(session, client, settings);
        this.from = from;
        this.connection = connection;
        this.jar = jar;
        this.submitted = submitted;
    }

    @Override
    public boolean isRestored() {
        return from != null;
    }

    @Override
    public String launch(JobGraph graph) {
        Map<String, String> effective = effectiveSettings(settings, graph);
        JobId job = JobId.random();
        try {
            DurableStore store = openStore();
            SubmitJobRequest.Builder request = SubmitJobRequest.newBuilder();
            if (from != null) {
                StartPointCheck check = new StartPointCheck(store, from);
                request.setRestoredFrom(Hdfs.read(from.path(), ExitCode.NOT_RESTORABLE, () -> check.check(graph)));
            }
            LibraryEntry library = new LibraryStore(store, HashCache.open(client.hashCacheFile())).publish(jar);
            String directory = DurableStore.join(session.applicationId(), job.value());
            String path = DurableStore.join(directory, GRAPH);
            put(store, path, graph);
            submit(
                    store,
                    directory,
                    request.setJobId(job.value())
                            .setGraphPath(store.qualify(path))
                            .addJars(library.toWire())
                            .putAllSettings(effective)
                            .build());
            submitted.accept(job.value());
            return job.value();
        } catch (IOException failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "The job could not be put into HDFS: " + failed.getMessage() + " Check HDFS, and run it again.",
                    failed);
        }
    }

    private static void put(DurableStore store, String path, JobGraph graph) throws IOException {
        PutOutcome put = store.putIfAbsent(path, GraphCodec.toMessage(graph).toByteArray());
        if (put.kind() != PutOutcome.Kind.WON) {
            throw new IOException("the job's graph was not written to " + store.qualify(path), put.cause());
        }
    }

    private void submit(DurableStore store, String directory, SubmitJobRequest request) throws IOException {
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
        if (!response.getRefusal().isEmpty()) {
            store.delete(directory);
            throw new ClientException(ExitCode.REFUSED, "The session does not take the job: " + response.getRefusal());
        }
    }
}
