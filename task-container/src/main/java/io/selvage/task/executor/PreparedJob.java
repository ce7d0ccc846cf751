package io.selvage.task.executor;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Vertex;
import io.selvage.protocol.wire.ChannelEdge;
import java.util.Map;
import java.util.stream.Collectors;

/** A job whose graph and program are at hand; its user code has not run. */
record PreparedJob(JobGraph graph, ClassLoader loader) {
    /** By their number, as a checkpoint names them. */
    Map<Integer, ChannelEdge> edges() {
        return graph.edges().stream().collect(Collectors.toMap(Edge::id, edge -> {
            Vertex from = graph.vertex(edge.from());
            return ChannelEdge.newBuilder()
                    .setEdge(edge.id())
                    .setFromOperatorUid(
                            from.operators().get(from.operators().size() - 1).uid())
                    .setToOperatorUid(graph.vertex(edge.to()).operators().get(0).uid())
                    .build();
        }));
    }

    /** A definition of its own for each caller: key selectors may keep something. */
    @SuppressWarnings("unchecked")
    EdgeDefinition<Object, Object> definition(Edge edge) {
        return (EdgeDefinition<Object, Object>) Opaque.read(
                edge.definition(),
                loader,
                "the edge to " + graph.vertex(edge.to()).name());
    }
}
