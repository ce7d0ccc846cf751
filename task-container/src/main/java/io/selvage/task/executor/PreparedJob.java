package io.selvage.task.executor;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;

/** A job whose graph and program are at hand; its user code has not run. */
record PreparedJob(JobGraph graph, ClassLoader loader) {
    /** A definition of its own for each caller: key selectors may keep something. */
    @SuppressWarnings("unchecked")
    EdgeDefinition<Object, Object> definition(Edge edge) {
        return (EdgeDefinition<Object, Object>) Opaque.read(
                edge.definition(),
                loader,
                "the edge to " + graph.vertex(edge.to()).name());
    }
}
