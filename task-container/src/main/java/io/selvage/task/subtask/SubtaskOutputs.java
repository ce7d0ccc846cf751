package io.selvage.task.subtask;

import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.Output;
import java.util.List;

/** All edges that go out of one subtask; owned by its thread. */
final class SubtaskOutputs implements Output {
    private final EdgeWriter[] edges;
    private final Counters counters;
    private long watermark = Long.MIN_VALUE;

    SubtaskOutputs(List<OutputEdge> edges, Backpressure backpressure, Counters counters) {
        this.edges =
                edges.stream().map(edge -> EdgeWriter.of(edge, backpressure)).toArray(EdgeWriter[]::new);
        this.counters = counters;
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        counters.recordsOut++;
        for (EdgeWriter edge : edges) {
            edge.emit(value, timestampMillis);
        }
    }

    @Override
    public void watermark(long millis) {
        if (millis > watermark) {
            watermark = millis;
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
}
