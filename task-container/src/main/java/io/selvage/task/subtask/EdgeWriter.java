package io.selvage.task.subtask;

import io.selvage.task.exchange.Activity;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.operator.Output;

/** Writes what a chain emits to the channels of one edge; owned by the producing subtask's thread. */
abstract class EdgeWriter implements Output {
    final OutputChannel[] channels;
    private final Backpressure backpressure;
    private int nextMarked; // The channel that the next marker goes to.

    EdgeWriter(OutputEdge edge, Backpressure backpressure) {
        this.channels = edge.channels().toArray(new OutputChannel[0]);
        this.backpressure = backpressure;
    }

    static EdgeWriter of(OutputEdge edge, Backpressure backpressure) {
        return switch (edge.partitioning()) {
            case FORWARD -> new Forward(edge, backpressure);
            case REBALANCE, RESCALE -> new Rebalance(edge, backpressure);
            case SHUFFLE -> new Shuffle(edge, backpressure);
            case CUSTOM -> new CustomWriter(edge, backpressure);
            case BROADCAST -> new Broadcast(edge, backpressure);
            case HASH -> new HashWriter(edge, backpressure);
        };
    }

    final void emitTo(OutputChannel channel, Object value, long timestampMillis) {
        while (!channel.tryEmit(value, timestampMillis)) {
            if (backpressure.isCutDue() && channel.tryForce(value, timestampMillis)) {
                return;
            }
            backpressure.awaitRoom(channel);
        }
    }

    @Override
    public final void watermark(long millis) {
        broadcast(new Watermark(millis));
    }

    @Override
    public final void idle(boolean isIdle) {
        broadcast(Activity.of(isIdle));
    }

    /** To one subtask in turn: so many sources and sinks as there are, none has more than its share of markers. */
    @Override
    public final void marker(LatencyMarker marker) {
        OutputChannel channel = channels[nextMarked];
        nextMarked = nextMarked + 1 == channels.length ? 0 : nextMarked + 1;
        emitTo(channel, marker);
    }

    final void broadcast(Control control) {
        for (OutputChannel channel : channels) {
            emitTo(channel, control);
        }
    }

    private void emitTo(OutputChannel channel, Control control) {
        while (!channel.tryEmit(control)) {
            if (backpressure.isCutDue() && channel.tryForce(control)) {
                return;
            }
            backpressure.awaitRoom(channel);
        }
    }

    /** Where the consumer may go on without waiting for what lies before the barrier. */
    final void announce(Barrier barrier) {
        for (OutputChannel channel : channels) {
            while (!channel.tryAnnounce(barrier)) {
                backpressure.awaitRoom(channel);
            }
        }
    }

    final void flush() {
        for (OutputChannel channel : channels) {
            channel.flush();
        }
    }

    final long bytesAccepted() {
        long bytes = 0;
        for (OutputChannel channel : channels) {
            bytes += channel.bytesAccepted();
        }
        return bytes;
    }

    /** Owned by the producing subtask's thread. */
    private static final class Forward extends EdgeWriter {
        private final OutputChannel channel;

        Forward(OutputEdge edge, Backpressure backpressure) {
            super(edge, backpressure);
            this.channel = channels[0];
        }

        @Override
        public void emit(Object value, long timestampMillis) {
            emitTo(channel, value, timestampMillis);
        }
    }

    /** Owned by the producing subtask's thread. */
    private static final class Rebalance extends EdgeWriter {
        private int next;

        Rebalance(OutputEdge edge, Backpressure backpressure) {
            super(edge, backpressure);
        }

        @Override
        public void emit(Object value, long timestampMillis) {
            int index = next;
            next = index + 1 == channels.length ? 0 : index + 1;
            emitTo(channels[index], value, timestampMillis);
        }
    }

    /**
     * Owned by the producing subtask's thread. By the generator of Marsaglia, "Xorshift RNGs", 2003, whose seed is the
     * subtask's index: a run can be repeated.
     */
    private static final class Shuffle extends EdgeWriter {
        private long random;

        Shuffle(OutputEdge edge, Backpressure backpressure) {
            super(edge, backpressure);
            this.random = channels[0].id().fromSubtask() + 0x9E3779B97F4A7C15L;
        }

        @Override
        public void emit(Object value, long timestampMillis) {
            random ^= random << 13;
            random ^= random >>> 7;
            random ^= random << 17;
            emitTo(channels[(int) ((random >>> 32) * channels.length >>> 32)], value, timestampMillis);
        }
    }

    /** Owned by the producing subtask's thread. */
    private static final class Broadcast extends EdgeWriter {
        Broadcast(OutputEdge edge, Backpressure backpressure) {
            super(edge, backpressure);
        }

        @Override
        public void emit(Object value, long timestampMillis) {
            for (OutputChannel channel : channels) {
                emitTo(channel, value, timestampMillis);
            }
        }
    }
}
