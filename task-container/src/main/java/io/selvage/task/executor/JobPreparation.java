package io.selvage.task.executor;

import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.JobGraphMessage;
import java.io.IOException;
import java.util.Set;

/**
 * Owned by the preparing thread, which may wait for the file system: reads what a deployment needs before its subtasks
 * can be built.
 */
final class JobPreparation {
    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final JobPrograms programs;

    JobPreparation(DurableStore store, JobPrograms programs) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.programs = programs;
    }

    /** @param liveJobs jobs whose programs are in use */
    PreparedJob prepare(Deploy deploy, Set<String> liveJobs) throws IOException, ProgramDamagedException {
        JobGraph graph = readGraph(deploy.getGraphPath());
        ClassLoader loader = programs.loader(deploy, liveJobs);
        return new PreparedJob(graph, loader, new RestoredCheckpoint(readMetadata(deploy), store));
    }

    private JobGraph readGraph(String path) throws IOException {
        byte[] bytes = store.read(path)
                .orElseThrow(() -> new IOException("The job's graph " + store.qualify(path)
                        + " is missing. Was the state root cleaned while the job ran? Submit the job again."));
        try {
            return GraphCodec.fromMessage(JobGraphMessage.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(
                    "The job's graph " + store.qualify(path) + " of " + bytes.length + " bytes is damaged: "
                            + e.getMessage() + " Submit the job again.",
                    e);
        }
    }

    private CheckpointMetadata readMetadata(Deploy deploy) throws IOException {
        return deploy.getRestoreCheckpoint() == 0
                ? CheckpointMetadata.getDefaultInstance()
                : checkpoints.readMetadata(deploy.getRestoreMetadataPath());
    }
}
