package io.selvage.task.subtask;

import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.Watermark;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All input channels of one subtask as one stream; owned by the subtask's thread.
 *
 * <p>Watermark: the least of the channels'. Barriers are aligned: a channel that has given the barrier is not polled
 * until all have (Carbone et al., "Lightweight Asynchronous Snapshots", 2015). A newer barrier ends the alignment of an
 * older one. With {@link CheckpointMode#AT_LEAST_ONCE} barriers are only counted: what a channel gives after its own is
 * part of the cut as well.
 */
final class InputGate {
    /** Takes what comes in. */
    interface Receiver {
        void onRecord(Object value, long timestampMillis);

        /** Higher than any before. */
        void onWatermark(long millis);

        /** The barrier has come from every channel. */
        void onBarrier(Barrier barrier, long alignmentNanos);
    }

    private static final long NO_CHECKPOINT = 0;

    private final InputChannel[] channels;
    private final long[] watermarks;
    private final boolean[] ended;
    private final boolean isAligned;
    private final boolean[] arrived; // Those that have given the barrier.
    private int endedCount;
    private int arrivedCount;
    private int nextChannel;
    private long watermark = Long.MIN_VALUE;
    private @Nullable Barrier aligning;
    private long alignmentStartNanos;
    private long settled = NO_CHECKPOINT; // Barriers of this checkpoint and lower ones are dropped.

    InputGate(List<InputChannel> channels, CheckpointMode mode) {
        this.channels = channels.toArray(new InputChannel[0]);
        this.watermarks = new long[this.channels.length];
        this.ended = new boolean[this.channels.length];
        this.arrived = new boolean[this.channels.length];
        this.isAligned = mode == CheckpointMode.EXACTLY_ONCE;
        Arrays.fill(watermarks, Long.MIN_VALUE);
    }

    /** Gives up to {@code limit} elements of one channel to the receiver; answers how many. */
    int poll(Receiver receiver, int limit, long nowNanos) {
        int count = channels.length;
        for (int turn = 0; turn < count; turn++) {
            int index = nextChannel;
            nextChannel = index + 1 == count ? 0 : index + 1;
            if (!isBlocked(index)) {
                int polled = pollChannel(index, receiver, limit, nowNanos);
                if (polled > 0) {
                    return polled;
                }
            }
        }
        return 0;
    }

    private boolean isBlocked(int index) {
        return isAligned && arrived[index];
    }

    private int pollChannel(int index, Receiver receiver, int limit, long nowNanos) {
        InputChannel channel = channels[index];
        int polled = 0;
        while (polled < limit) {
            Object element = channel.poll();
            if (element == null) {
                break;
            }
            polled++;
            if (element instanceof Control control) {
                onControl(index, control, receiver, nowNanos);
                // The batch ends here: the channel may be blocked now, or a checkpoint taken.
                break;
            }
            receiver.onRecord(element, channel.timestampMillis());
        }
        if (polled > 0) {
            channel.release(nowNanos);
        }
        return polled;
    }

    private void onControl(int index, Control control, Receiver receiver, long nowNanos) {
        if (control instanceof Watermark newWatermark) {
            watermarks[index] = Math.max(watermarks[index], newWatermark.millis());
            advanceWatermark(receiver);
        } else if (control instanceof Barrier barrier) {
            onBarrier(index, barrier, receiver, nowNanos);
        } else if (control instanceof EndOfInput) {
            onEndOfInput(index, receiver);
        }
    }

    private void advanceWatermark(Receiver receiver) {
        long least = Long.MAX_VALUE;
        for (long channelWatermark : watermarks) {
            least = Math.min(least, channelWatermark);
        }
        if (least > watermark) {
            watermark = least;
            receiver.onWatermark(least);
        }
    }

    private void onEndOfInput(int index, Receiver receiver) {
        if (ended[index]) {
            throw new IllegalStateException("channel " + channels[index].id() + " has ended twice");
        }
        ended[index] = true;
        endedCount++;
        watermarks[index] = Long.MAX_VALUE;
        advanceWatermark(receiver);
    }

    private void onBarrier(int index, Barrier barrier, Receiver receiver, long nowNanos) {
        long checkpoint = barrier.checkpoint().value();
        if (checkpoint <= settled) {
            return;
        }
        Barrier current = aligning;
        if (current == null || checkpoint > current.checkpoint().value()) {
            clearArrived();
            aligning = barrier;
            alignmentStartNanos = nowNanos;
        } else if (checkpoint < current.checkpoint().value()) {
            return;
        }
        if (arrived[index]) {
            throw new IllegalStateException("channel " + channels[index].id() + " has given " + barrier + " twice");
        }
        arrived[index] = true;
        arrivedCount++;
        if (arrivedCount == channels.length) {
            settle(checkpoint);
            receiver.onBarrier(barrier, nowNanos - alignmentStartNanos);
        }
    }

    /** Nobody waits for that checkpoint any more: its barriers are dropped, and what it blocks flows again. */
    void abort(CheckpointId checkpoint) {
        Barrier current = aligning;
        if (current != null && current.checkpoint().compareTo(checkpoint) <= 0) {
            settle(checkpoint.value());
        } else if (current == null) {
            settled = Math.max(settled, checkpoint.value());
        }
    }

    private void settle(long checkpoint) {
        settled = Math.max(settled, checkpoint);
        aligning = null;
        clearArrived();
    }

    private void clearArrived() {
        Arrays.fill(arrived, false);
        arrivedCount = 0;
    }

    /** Whether a poll would give nothing. */
    boolean isEmpty() {
        for (int index = 0; index < channels.length; index++) {
            if (!isBlocked(index) && !channels[index].isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Every channel has ended; only barriers follow. True from the start for a subtask without input. */
    boolean hasEnded() {
        return endedCount == channels.length;
    }

    boolean hasChannels() {
        return channels.length > 0;
    }
}
