package io.selvage.task.subtask;

import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.Output;
import io.selvage.task.operator.SideOutput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All edges that go out of one subtask; owned by its thread. */
final class SubtaskOutputs implements Output {
    private final EdgeWriter[] edges; // All of them.
    private final EdgeWriter[] mainEdges;
    private final Map<String, SideEdges> sideOutputs = new HashMap<>();
    private final Counters counters;
    private long watermark = Long.MIN_VALUE;

    SubtaskOutputs(List<OutputEdge> edges, Backpressure backpressure, Counters counters) {
        this.edges =
                edges.stream().map(edge -> EdgeWriter.of(edge, backpressure)).toArray(EdgeWriter[]::new);
        this.counters = counters;
        Map<String, List<EdgeWriter>> byOutput = new HashMap<>();
        for (int index = 0; index < edges.size(); index++) {
            byOutput.computeIfAbsent(edges.get(index).output(), output -> new ArrayList<>())
                    .add(this.edges[index]);
        }
        this.mainEdges = byOutput.getOrDefault(OutputEdge.MAIN, List.of()).toArray(new EdgeWriter[0]);
        for (OutputEdge edge : edges) {
            if (!edge.output().equals(OutputEdge.MAIN)) {
                EdgeWriter[] writers =
                        byOutput.getOrDefault(edge.output(), List.of()).toArray(new EdgeWriter[0]);
                sideOutputs.put(
                        edge.output(),
                        new SideEdges(writers, edge.definition().serde().schema()));
            }
        }
    }

    @Override
    public @Nullable SideOutput side(String name) {
        return sideOutputs.get(name);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        counters.recordsOut++;
        for (EdgeWriter edge : mainEdges) {
            edge.emit(value, timestampMillis);
        }
    }

    @Override
    public void watermark(long millis) {
        if (millis > watermark) {
            watermark = millis;
            counters.watermarkOutMillis = millis;
            for (EdgeWriter edge : edges) {
                edge.watermark(millis);
            }
        }
    }

    @Override
    public void idle(boolean isIdle) {
        for (EdgeWriter edge : edges) {
            edge.idle(isIdle);
        }
    }

    @Override
    public void marker(LatencyMarker marker) {
        for (EdgeWriter edge : edges) {
            edge.marker(marker);
        }
    }

    /** @param isAnnounced whether it may overtake what has been emitted */
    void barrier(Barrier barrier, boolean isAnnounced) {
        for (EdgeWriter edge : edges) {
            if (isAnnounced) {
                edge.announce(barrier);
            } else {
                edge.broadcast(barrier);
            }
        }
        flush();
    }

    void endOfInput() {
        for (EdgeWriter edge : edges) {
            edge.broadcast(EndOfInput.INSTANCE);
        }
        flush();
    }

    void flush() {
        for (EdgeWriter edge : edges) {
            edge.flush();
        }
    }

    /** Over all channels: not for each record. */
    long bytesAccepted() {
        long bytes = 0;
        for (EdgeWriter edge : edges) {
            bytes += edge.bytesAccepted();
        }
        return bytes;
    }

    /** Owned by the subtask's thread. */
    private final class SideEdges implements SideOutput {
        private final EdgeWriter[] writers;
        private final String schema;

        SideEdges(EdgeWriter[] writers, String schema) {
            this.writers = writers;
            this.schema = schema;
        }

        @Override
        public void emit(Object value, long timestampMillis) {
            counters.recordsOut++;
            for (EdgeWriter writer : writers) {
                writer.emit(value, timestampMillis);
            }
        }

        @Override
        public String schema() {
            return schema;
        }
    }
}
