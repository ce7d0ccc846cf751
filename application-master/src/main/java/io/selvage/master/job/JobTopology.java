package io.selvage.master.job;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.EdgeMessage;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.VertexMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the master knows of a job's graph. Slots are shared: slot i runs subtask i of each vertex that has one.
 *
 * @param vertices in topological order
 */
record JobTopology(List<Vertex> vertices, int maxParallelism) {
    /**
     * @param region the connected part of the graph that it belongs to
     * @param source barriers start there, or come from where they start only
     * @param reader its records in count as the job's input; for a sink, as the job's output
     */
    record Vertex(
            VertexId id, String name, int parallelism, Region region, boolean source, boolean reader, boolean sink) {}

    /**
     * Vertices that edges connect, in whichever direction: nothing passes between two regions.
     *
     * @param first its vertex with the lowest number
     */
    record Region(VertexId first) implements Comparable<Region> {
        @Override
        public int compareTo(Region other) {
            return first.compareTo(other.first);
        }

        @Override
        public String toString() {
            return "region of " + first;
        }
    }

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
        Map<Integer, Integer> lowest = lowestConnected(graph);
        List<Vertex> vertices = new ArrayList<>();
        for (VertexMessage vertex : graph.getVerticesList()) {
            vertices.add(new Vertex(
                    new VertexId(vertex.getId()),
                    vertex.getName(),
                    vertex.getParallelism(),
                    new Region(new VertexId(lowest.getOrDefault(vertex.getId(), vertex.getId()))),
                    has(vertex, OperatorRole.SOURCE_PLANNER) || has(vertex, OperatorRole.SOURCE_READER),
                    has(vertex, OperatorRole.SOURCE_READER),
                    has(vertex, OperatorRole.SINK)));
        }
        return new JobTopology(vertices, graph.getMaxParallelism());
    }

    /** For each vertex the lowest number among those that it is connected with. */
    private static Map<Integer, Integer> lowestConnected(JobGraphMessage graph) {
        Map<Integer, Integer> lowest = new HashMap<>();
        graph.getVerticesList().forEach(vertex -> lowest.put(vertex.getId(), vertex.getId()));
        boolean changes = true;
        while (changes) {
            changes = false;
            for (EdgeMessage edge : graph.getEdgesList()) {
                int least = Math.min(
                        lowest.getOrDefault(edge.getFrom(), edge.getFrom()),
                        lowest.getOrDefault(edge.getTo(), edge.getTo()));
                boolean fromFalls = !Objects.equals(lowest.put(edge.getFrom(), least), least);
                boolean toFalls = !Objects.equals(lowest.put(edge.getTo(), least), least);
                changes |= fromFalls || toFalls;
            }
        }
        return lowest;
    }

    Set<Region> regions() {
        return vertices.stream().map(Vertex::region).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws IllegalArgumentException if the job has no such vertex */
    Region regionOf(VertexId id) {
        return vertices.stream()
                .filter(vertex -> vertex.id().equals(id))
                .map(Vertex::region)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The job has no vertex " + id + "."));
    }

    /** Slots that run a part of the region: the first ones. */
    int slotsOf(Region region) {
        return vertices.stream()
                .filter(vertex -> vertex.region().equals(region))
                .mapToInt(Vertex::parallelism)
                .max()
                .orElse(0);
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
