package io.selvage.protocol.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.protocol.wire.EdgeMessage;
import io.selvage.protocol.wire.EdgePartitioning;
import io.selvage.protocol.wire.JobGraphMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GraphCodecTest {
    @Test
    void aGraphComesBackAsItWas() {
        List<Edge> edges = new ArrayList<>();
        for (Partitioning partitioning : Partitioning.values()) {
            edges.add(new Edge(edges.size(), 1, 2, partitioning, new byte[] {7}, 1, "late", true));
        }
        JobGraph graph = new JobGraph("job", 16, Map.of("key", "value"), List.of(vertex(1), vertex(2)), edges);

        JobGraph read = GraphCodec.fromMessage(GraphCodec.toMessage(graph));

        assertThat(read).usingRecursiveComparison().isEqualTo(graph);
    }

    @Test
    void anEdgeThatWasWrittenBeforeThereWereSeveralInputsIsOfTheOnlyOne() {
        EdgeMessage before = EdgeMessage.newBuilder()
                .setId(3)
                .setFrom(1)
                .setTo(2)
                .setPartitioning(EdgePartitioning.HASH)
                .build();

        Edge read = GraphCodec.fromMessage(
                        JobGraphMessage.newBuilder().addEdges(before).build())
                .edges()
                .get(0);

        assertThat(read.input()).isZero();
        assertThat(read.output()).isEmpty();
        assertThat(read.timeless()).isFalse();
    }

    private static Vertex vertex(int id) {
        return new Vertex(
                id, "vertex", 3, List.of(new Operator("uid", "name", true, OperatorRole.SINK, new byte[] {1, 2})));
    }
}
