package io.selvage.task.executor;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.task.subtask.Subtask;
import java.util.List;
import java.util.Map;

/**
 * What a deployment runs in this process; its threads are not started.
 *
 * @param vertexNames by vertex
 * @param parallelism by vertex
 * @param edges by their number
 * @param restored without subtasks: it starts from the beginning
 * @param mostInMetadata how many bytes of an executor's state need no file in a checkpoint
 * @param figures go on counting while the subtasks start
 */
record PreparedDeployment(
        List<Subtask> subtasks,
        Map<Integer, String> vertexNames,
        Map<Integer, Integer> parallelism,
        Map<Integer, ChannelEdge> edges,
        ClassLoader loader,
        CheckpointMetadata restored,
        int mostInMetadata,
        RestoreFigures figures,
        PreparationTimes times) {
    public PreparedDeployment {
        subtasks = List.copyOf(subtasks);
        vertexNames = Map.copyOf(vertexNames);
        parallelism = Map.copyOf(parallelism);
        edges = Map.copyOf(edges);
    }

    String nameOf(SubtaskId subtask) {
        return vertexNames.getOrDefault(subtask.vertex().value(), "a subtask");
    }
}
