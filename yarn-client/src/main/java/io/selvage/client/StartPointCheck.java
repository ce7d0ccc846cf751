package io.selvage.client;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Operator;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.security.AccessControlException;

/**
 * Whether a job can go on from a savepoint, as far as that can be told without the program's classes: before anything
 * is uploaded. Each refusal is a sentence with the path, the reason and the remedy.
 */
final class StartPointCheck {
    private final CheckpointStore checkpoints;
    private final StartPoint from;

    /** @param store that takes fully qualified paths */
    StartPointCheck(DurableStore store, StartPoint from) {
        this.checkpoints = new CheckpointStore(store);
        this.from = from;
    }

    /** @throws ClientException with {@link ExitCode#NOT_RESTORABLE} if the job can't */
    RestoredFrom check(JobGraph graph) {
        try {
            String path = checkpoints
                    .findMetadata(from.path())
                    .orElseThrow(() -> refused("holds no metadata: it is no savepoint, or one that was never completed."
                            + " Name the directory that selvage savepoint has printed."));
            CheckpointMetadata metadata = checkpoints.readMetadata(path);
            requireSameKeyGroups(metadata, graph);
            requireOperators(metadata, graph);
            requireEdges(metadata, graph);
            requireFiles(metadata);
            return RestoredFrom.newBuilder()
                    .setMetadataPath(path)
                    .setCheckpoint(metadata.getCheckpoint())
                    .build();
        } catch (SegmentDamagedException unusable) {
            throw new ClientException(ExitCode.NOT_RESTORABLE, String.valueOf(unusable.getMessage()), unusable);
        } catch (AccessControlException denied) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "HDFS does not let you read " + from.path() + ": " + Hdfs.firstLine(denied)
                            + " Ask its owner for the right to.",
                    denied);
        } catch (IOException failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    from.path() + " could not be read: " + Hdfs.firstLine(failed) + " Check HDFS, and run it again.",
                    failed);
        }
    }

    private void requireSameKeyGroups(CheckpointMetadata metadata, JobGraph graph) {
        if (metadata.getMaxParallelism() != graph.maxParallelism()) {
            throw refused("is of a job with the maximum parallelism " + metadata.getMaxParallelism()
                    + ", and the program has " + graph.maxParallelism()
                    + ": its state is in that many key groups for good. Run it with -D selvage.parallelism.max="
                    + metadata.getMaxParallelism() + ", if the program sets none itself.");
        }
    }

    private void requireOperators(CheckpointMetadata metadata, JobGraph graph) {
        Set<String> known = graph.vertices().stream()
                .flatMap(vertex -> vertex.operators().stream())
                .map(Operator::uid)
                .collect(Collectors.toSet());
        Set<String> dropped = new TreeSet<>();
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                if (!known.contains(operator.getOperatorUid())) {
                    dropped.add(operator.getOperatorUid());
                }
            }
        }
        if (!dropped.isEmpty() && !from.mayDropState()) {
            throw refused("has state of operators that the program does not have, by uid: "
                    + String.join(", ", dropped)
                    + ". Give its operators the uids that they had, or drop that state with --allow-dropped-state.");
        }
    }

    /** A checkpoint may hold elements that were under way; they have no place but the edge that they were on. */
    private void requireEdges(CheckpointMetadata metadata, JobGraph graph) {
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (ChannelEdge edge : subtask.getChannels().getEdgesList()) {
                if (graph.edges().stream().noneMatch(each -> isSame(edge, subtask.getVertex(), each, graph))) {
                    throw refused("holds elements that were under way from the operator " + edge.getFromOperatorUid()
                            + " to " + edge.getToOperatorUid() + " (uids), and the program has no such edge at the same"
                            + " place. Start the program as it was, take a savepoint of it, and go on from that.");
                }
            }
        }
    }

    private static boolean isSame(ChannelEdge held, int toVertex, Edge edge, JobGraph graph) {
        List<Operator> producers = graph.vertex(edge.from()).operators();
        return edge.id() == held.getEdge()
                && edge.to() == toVertex
                && producers.get(producers.size() - 1).uid().equals(held.getFromOperatorUid())
                && graph.vertex(edge.to()).operators().get(0).uid().equals(held.getToOperatorUid());
    }

    private void requireFiles(CheckpointMetadata metadata) throws IOException {
        List<String> missing = checkpoints.missingFiles(metadata);
        if (!missing.isEmpty()) {
            throw refused("is damaged: " + missing.size() + " of its files are missing or too short, the first is "
                    + missing.get(0) + ". Restore them from an HDFS snapshot or backup, or use another savepoint.");
        }
    }

    private ClientException refused(String reason) {
        return new ClientException(ExitCode.NOT_RESTORABLE, "The job can't start: " + from.path() + " " + reason);
    }
}
