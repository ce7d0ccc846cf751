package io.selvage.protocol.graph;

import com.google.protobuf.ByteString;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.protocol.wire.EdgeMessage;
import io.selvage.protocol.wire.EdgePartitioning;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.OperatorMessage;
import io.selvage.protocol.wire.VertexMessage;

/** The job graph as it lies in HDFS, and back. */
public final class GraphCodec {
    private GraphCodec() {}

    public static JobGraphMessage toMessage(JobGraph graph) {
        JobGraphMessage.Builder message = JobGraphMessage.newBuilder()
                .setName(graph.name())
                .setMaxParallelism(graph.maxParallelism())
                .putAllSettings(graph.settings());
        for (Vertex vertex : graph.vertices()) {
            VertexMessage.Builder out = VertexMessage.newBuilder()
                    .setId(vertex.id())
                    .setName(vertex.name())
                    .setParallelism(vertex.parallelism());
            for (Operator operator : vertex.operators()) {
                out.addOperators(OperatorMessage.newBuilder()
                        .setUid(operator.uid())
                        .setName(operator.name())
                        .setStateful(operator.stateful())
                        .setRole(role(operator.role()))
                        .setDefinition(ByteString.copyFrom(operator.definition())));
            }
            message.addVertices(out);
        }
        for (Edge edge : graph.edges()) {
            message.addEdges(EdgeMessage.newBuilder()
                    .setId(edge.id())
                    .setFrom(edge.from())
                    .setTo(edge.to())
                    .setPartitioning(partitioning(edge.partitioning()))
                    .setDefinition(ByteString.copyFrom(edge.definition()))
                    .setInput(edge.input())
                    .setOutput(edge.output())
                    .setTimeless(edge.timeless()));
        }
        return message.build();
    }

    public static JobGraph fromMessage(JobGraphMessage message) {
        return new JobGraph(
                message.getName(),
                message.getMaxParallelism(),
                message.getSettingsMap(),
                message.getVerticesList().stream().map(GraphCodec::vertex).toList(),
                message.getEdgesList().stream().map(GraphCodec::edge).toList());
    }

    private static Vertex vertex(VertexMessage message) {
        return new Vertex(
                message.getId(),
                message.getName(),
                message.getParallelism(),
                message.getOperatorsList().stream().map(GraphCodec::operator).toList());
    }

    private static Operator operator(OperatorMessage message) {
        return new Operator(
                message.getUid(),
                message.getName(),
                message.getStateful(),
                role(message.getRole()),
                message.getDefinition().toByteArray());
    }

    private static Edge edge(EdgeMessage message) {
        return new Edge(
                message.getId(),
                message.getFrom(),
                message.getTo(),
                partitioning(message.getPartitioning()),
                message.getDefinition().toByteArray(),
                message.getInput(),
                message.getOutput(),
                message.getTimeless());
    }

    private static io.selvage.protocol.wire.OperatorRole role(OperatorRole role) {
        return io.selvage.protocol.wire.OperatorRole.valueOf(role.name());
    }

    private static OperatorRole role(io.selvage.protocol.wire.OperatorRole role) {
        return OperatorRole.valueOf(role.name());
    }

    private static EdgePartitioning partitioning(Partitioning partitioning) {
        return EdgePartitioning.valueOf(partitioning.name());
    }

    private static Partitioning partitioning(EdgePartitioning partitioning) {
        return Partitioning.valueOf(partitioning.name());
    }
}
