package io.selvage.master.job;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.VertexMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the master knows of a job's graph. Slots are shared: slot i runs subtask i of each vertex that has one.
 *
 * @param vertices in topological order
 */
record JobTopology(List<Vertex> vertices, int maxParallelism) {
    /** @param reader its records in count as the job's input; for a sink, as the job's output */
    record Vertex(VertexId id, String name, int parallelism, boolean reader, boolean sink) {}

    JobTopology {
        vertices = List.copyOf(vertices);
    }

    /** Why a graph can't be run, as a sentence; empty if it can. */
    static Optional<String> refusal(JobGraphMessage graph) {
        if (graph.getVerticesCount() == 0) {
            return Optional.of("The job's graph has no vertex: add a source and a sink to the program.");
        }
        Set<Integer> ids = new HashSet<>();
        for (VertexMessage vertex : graph.getVerticesList()) {
            if (vertex.getId() < 1 || !ids.add(vertex.getId())) {
                return Optional.of("The job's graph has two vertices numbered " + vertex.getId()
                        + ", or one without a number: the client that wrote it is broken.");
            }
            if (vertex.getParallelism() < 1 || vertex.getParallelism() > graph.getMaxParallelism()) {
                return Optional.of("Vertex \"" + vertex.getName() + "\" has parallelism " + vertex.getParallelism()
                        + ", and only 1 to " + graph.getMaxParallelism()
                        + " is possible: change it or selvage.parallelism.max.");
            }
        }
        return Optional.empty();
    }

    static JobTopology of(JobGraphMessage graph) {
        List<Vertex> vertices = new ArrayList<>();
        for (VertexMessage vertex : graph.getVerticesList()) {
            vertices.add(new Vertex(
                    new VertexId(vertex.getId()),
                    vertex.getName(),
                    vertex.getParallelism(),
                    has(vertex, OperatorRole.SOURCE_READER),
                    has(vertex, OperatorRole.SINK)));
        }
        return new JobTopology(vertices, graph.getMaxParallelism());
    }

    int slotsNeeded() {
        return vertices.stream().mapToInt(Vertex::parallelism).max().orElse(0);
    }

    List<SubtaskId> subtasks() {
        List<SubtaskId> subtasks = new ArrayList<>();
        for (Vertex vertex : vertices) {
            for (int index = 0; index < vertex.parallelism(); index++) {
                subtasks.add(new SubtaskId(vertex.id(), index));
            }
        }
        return subtasks;
    }

    private static boolean has(VertexMessage vertex, OperatorRole role) {
        return vertex.getOperatorsList().stream().anyMatch(operator -> operator.getRole() == role);
    }
}
