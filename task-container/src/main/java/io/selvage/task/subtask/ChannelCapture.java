package io.selvage.task.subtask;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ElementLog;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread: the state of its input channels in a checkpoint whose cut did not wait for all
 * barriers (Chandy and Lamport, "Distributed Snapshots", 1985). A channel is open until its barrier is known, and what
 * comes until then is logged.
 */
final class ChannelCapture {
    private final CheckpointId checkpoint;
    private final @Nullable ElementLog[] open; // By channel.
    private final long[] watermarks; // At the cut.
    private final List<ChannelState> closed = new ArrayList<>();
    private int openCount;

    ChannelCapture(CheckpointId checkpoint, long[] watermarks) {
        this.checkpoint = checkpoint;
        this.watermarks = watermarks.clone();
        this.open = new @Nullable ElementLog[watermarks.length];
    }

    CheckpointId checkpoint() {
        return checkpoint;
    }

    /** What is replayed before all channels. */
    void add(ChannelState replayed) {
        closed.add(replayed);
    }

    void open(int channel, ElementLog log) {
        open[channel] = log;
        openCount++;
    }

    /** Null: the channel is not open. */
    @Nullable
    ElementLog log(int channel) {
        return open[channel];
    }

    /** All that is part of the checkpoint is in the channel's log. */
    void close(int channel, ChannelId id) {
        ElementLog log = open[channel];
        if (log != null) {
            open[channel] = null;
            openCount--;
            closed.add(new ChannelState(id.edge(), id.fromSubtask(), watermarks[channel], log.toByteArray()));
        }
    }

    boolean isComplete() {
        return openCount == 0;
    }

    List<ChannelState> states() {
        return closed;
    }
}
