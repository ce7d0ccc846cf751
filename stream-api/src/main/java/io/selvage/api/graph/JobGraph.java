package io.selvage.api.graph;

import java.util.List;
import java.util.Map;

/**
 * A job: vertices in topological order, and the edges between them.
 *
 * @param maxParallelism the number of key groups: fixed for the life of the job's state
 * @param settings configuration that the program has set, by key
 */
public record JobGraph(
        String name, int maxParallelism, Map<String, String> settings, List<Vertex> vertices, List<Edge> edges) {
    public JobGraph {
        settings = Map.copyOf(settings);
        vertices = List.copyOf(vertices);
        edges = List.copyOf(edges);
    }

    public Vertex vertex(int id) {
        return vertices.stream()
                .filter(vertex -> vertex.id() == id)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("job " + name + " has no vertex " + id));
    }

    /** Slots that the job needs: one slot runs one subtask of each vertex. */
    public int slots() {
        return vertices.stream().mapToInt(Vertex::parallelism).max().orElse(0);
    }
}
