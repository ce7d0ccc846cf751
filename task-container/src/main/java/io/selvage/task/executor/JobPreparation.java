package io.selvage.task.executor;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.content.SubtaskCoverage;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Owned by the preparing thread, which may wait for the file system, but for what says otherwise: reads what a
 * deployment needs before its subtasks can be built. What does not change between a job's incarnations is read once.
 */
final class JobPreparation {
    /** Graphs that are kept; of more, the longest unused is read again when it is needed. */
    static final int MOST_GRAPHS = 16;

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final SubtaskCoverage coverage;
    private final JobPrograms programs;
    private final Map<String, JobGraph> graphs = new LinkedHashMap<>(); // By path, the longest unused first.

    JobPreparation(DurableStore store, JobPrograms programs) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.coverage = new SubtaskCoverage(new SegmentReader(store));
        this.programs = programs;
    }

    /** @param liveJobs jobs whose programs are in use */
    PreparedJob program(
            String jobId, String graphPath, List<LibraryFile> jars, ClassLoading loading, Set<String> liveJobs)
            throws IOException, ProgramDamagedException {
        return new PreparedJob(graph(graphPath), programs.loader(jobId, jars, loading, liveJobs));
    }

    /** For a job that is stored nowhere. */
    void put(String path, JobGraph graph) {
        graphs.put(path, graph);
    }

    private JobGraph graph(String path) throws IOException {
        JobGraph graph = graphs.remove(path);
        if (graph == null) {
            graph = readGraph(path);
        }
        graphs.put(path, graph);
        if (graphs.size() > MOST_GRAPHS) {
            graphs.remove(graphs.keySet().iterator().next());
        }
        return graph;
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

    /**
     * Any thread: the metadata of a checkpoint. Those of another job's are told to be a savepoint's: nothing is added
     * to either.
     *
     * @param jobId that goes on from it
     * @param checkpoint 0: none
     * @param inline the metadata itself; empty: it is read from its path
     * @throws SegmentDamagedException if they are damaged, or do not name every subtask of an operator
     */
    CheckpointMetadata metadata(String jobId, long checkpoint, ByteString inline, String path) throws IOException {
        if (checkpoint == 0) {
            return CheckpointMetadata.getDefaultInstance();
        }
        CheckpointMetadata metadata =
                inline.isEmpty() ? checkpoints.readMetadata(path) : CheckpointMetadata.parseFrom(inline);
        if (metadata.getCheckpoint() != checkpoint) {
            throw new IOException("The metadata of checkpoint " + checkpoint + " in " + path + " is that of checkpoint "
                    + metadata.getCheckpoint() + ".");
        }
        coverage.require(metadata, path);
        return metadata.getJobId().equals(jobId)
                ? metadata
                : metadata.toBuilder().setSavepoint(true).build();
    }
}
