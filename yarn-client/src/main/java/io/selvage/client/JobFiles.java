package io.selvage.client;

import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.restore.StartPointCheck;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubmitJobRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Immutable. What a job consists of on the way to its master: the program's jar and the graph go to HDFS, all else into
 * what the master is told.
 *
 * @param settings every setting for the job that is not left at its default
 * @param hashCacheFile remembers what was hashed before
 * @param from null: it starts from the beginning
 */
record JobFiles(
        JobId job,
        JobGraph graph,
        Map<String, String> settings,
        Path jar,
        Path hashCacheFile,
        @Nullable StartPoint from) {
    private static final String GRAPH = "graph.pb";

    /** Refuses a start point that does not fit before anything is uploaded. */
    SubmitJobRequest put(DurableStore store, String applicationId) throws IOException {
        SubmitJobRequest.Builder request = SubmitJobRequest.newBuilder();
        if (from != null) {
            StartPointCheck check = new StartPointCheck(store, from);
            request.setRestoredFrom(Hdfs.read(from.path(), ExitCode.NOT_RESTORABLE, () -> check.check(graph)));
        }
        request.addJars(new LibraryStore(store, HashCache.open(hashCacheFile), applicationId)
                .publish(jar)
                .toWire());
        String path = DurableStore.join(directory(applicationId), GRAPH);
        PutOutcome put = store.putIfAbsent(path, GraphCodec.toMessage(graph).toByteArray());
        if (put.kind() != PutOutcome.Kind.WON) {
            throw new IOException("the job's graph was not written to " + store.qualify(path), put.cause());
        }
        return request.setJobId(job.value())
                .setName(graph.name())
                .setGraphPath(store.qualify(path))
                .putAllSettings(settings)
                .build();
    }

    /** The job's own, below the state root. */
    String directory(String applicationId) {
        return DurableStore.join(applicationId, job.value());
    }
}
