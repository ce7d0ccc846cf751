package io.selvage.task.subtask;

import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.Activity;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.exchange.Watermark;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All input channels of one subtask as one stream; owned by the subtask's thread.
 *
 * <p>Watermark: the least of the channels', whichever input they belong to, without those that are idle; the greatest
 * of these once all are, so that it does not matter which was idle first. One that is active again counts at once:
 * event time waits for it where it stands, and goes back for nobody. Channels of streams that were never given event
 * time say nothing about it and hold nothing back, unless there are no others; only its end waits for them.
 *
 * <p>Barriers are aligned: a channel that has given the barrier is not polled until all have (Carbone et al.,
 * "Lightweight Asynchronous Snapshots", 2015). A newer barrier ends the alignment of an older one. With
 * {@link CheckpointMode#AT_LEAST_ONCE} barriers are only counted: what a channel gives after its own is part of the cut
 * as well.
 *
 * <p>Barriers are announced before they can be polled. When the alignment takes longer than its budget, the cut waits
 * no longer: what lies before the barriers, and what comes until those that are not announced yet, is captured.
 */
final class InputGate {
    /** Takes what comes in. */
    interface Receiver {
        /** Records that follow are of this input, until it is called again; before the first record at the latest. */
        void onInput(int ordinal);

        void onRecord(Object value, long timestampMillis);

        /** Whether {@link #onAhead} is of use for the input at hand. */
        default boolean looksAhead() {
            return false;
        }

        /** Records that are going to be given next, unless something else comes first. The array is the receiver's. */
        default void onAhead(Object[] values, int count) {}

        /** Higher than any before. */
        void onWatermark(long millis);

        /** Told of each change: every channel that has not ended is idle, or one of them is no longer. */
        void onIdle(boolean isIdle);

        default void onMarker(LatencyMarker marker) {}

        /** The barrier has come from every channel. */
        void onBarrier(Barrier barrier, long alignmentNanos);

        /** The barrier has not come from every channel, and yet this is the cut: {@link #takeCaptured} completes it. */
        void onOvertaken(Barrier barrier, long alignmentNanos);
    }

    private static final long NO_CHECKPOINT = 0;
    private static final int NO_INPUT = -1;
    private static final int NONE = -1;
    /** Records that are looked at before the first of them is given: as many as a processor can wait for at once. */
    private static final int LOOKED_AHEAD = 16;
    /** To look at fewer is not worth it. */
    private static final int LEAST_LOOKED_AHEAD = 4;

    /** All event time but its end. */
    private static final long NOTHING_HELD_BACK = Long.MAX_VALUE - 1;

    private final InputChannel[] channels;
    private final int[] ordinals; // By channel: the input that it belongs to.
    private final Alignment alignment;
    private final long[] watermarks;
    private final boolean[] ended;
    private final boolean[] idle; // And has not ended.
    private final boolean[] arrived; // Those that have given the barrier.
    private final Deque<Replay> replays = new ArrayDeque<>(); // To their end before any channel.
    private int endedCount;
    private int idleCount;
    private boolean isIdle; // What the receiver knows.
    private int arrivedCount;
    private int nextChannel;
    private int behind = NONE; // The channel that event time waits for, while others are ahead of it.
    private boolean isTurnOfBehind;
    private int ordinal = NO_INPUT; // Of the record given last.
    private long watermark = Long.MIN_VALUE;
    private @Nullable Barrier aligning;
    private long alignmentStartNanos;
    private boolean batchEnds; // With the element at hand.
    private boolean isUrgent; // Of what is aligning: a subtask before this one has not waited.
    private @Nullable ChannelCapture capture;
    private long settled = NO_CHECKPOINT; // Barriers of this checkpoint and lower ones are dropped.

    InputGate(List<SubtaskInput> inputs, Alignment alignment) {
        this.channels = inputs.stream().map(SubtaskInput::channel).toArray(InputChannel[]::new);
        this.ordinals = inputs.stream().mapToInt(SubtaskInput::ordinal).toArray();
        this.alignment = alignment;
        this.watermarks = new long[this.channels.length];
        this.ended = new boolean[this.channels.length];
        this.idle = new boolean[this.channels.length];
        this.arrived = new boolean[this.channels.length];
        boolean areAllTimeless = inputs.stream().allMatch(SubtaskInput::timeless);
        for (int index = 0; index < channels.length; index++) {
            boolean counts = areAllTimeless || !inputs.get(index).timeless();
            watermarks[index] = counts ? Long.MIN_VALUE : NOTHING_HELD_BACK;
        }
    }

    /** Before the first poll: what is to come before all else, in that order. */
    void replay(List<RestoredChannel> restored) {
        for (RestoredChannel channel : restored) {
            Replay replay = new Replay(channel, channel.keepsTime() ? indexOf(channel.state()) : Replay.NO_CHANNEL);
            replays.add(replay);
            // One that had no event time may have it now.
            if (replay.channel != Replay.NO_CHANNEL && channel.state().watermarkMillis() != NOTHING_HELD_BACK) {
                watermarks[replay.channel] =
                        Math.max(watermarks[replay.channel], channel.state().watermarkMillis());
            }
        }
    }

    /** Over all channels: not for each record. */
    long bytesTaken() {
        long bytes = 0;
        for (InputChannel channel : channels) {
            bytes += channel.bytesTaken();
        }
        return bytes;
    }

    private int indexOf(ChannelState state) {
        for (int index = 0; index < channels.length; index++) {
            ChannelId id = channels[index].id();
            if (id.edge() == state.edge() && id.fromSubtask() == state.from()) {
                return index;
            }
        }
        return Replay.NO_CHANNEL;
    }

    /**
     * Gives up to {@code limit} elements of one channel to the receiver; answers how many. Channels take turns, and
     * every other turn is that of the one that event time waits for: where all have something, the others do not get
     * far ahead of it, and what windows and timers hold for them stays little.
     */
    int poll(Receiver receiver, int limit, long nowNanos) {
        batchEnds = false;
        if (limit == 0) {
            return 0;
        }
        if (!replays.isEmpty()) {
            return pollReplay(receiver, limit);
        }
        isTurnOfBehind = !isTurnOfBehind && behind != NONE;
        if (isTurnOfBehind && !isBlocked(behind)) {
            int polled = pollChannel(behind, receiver, limit, nowNanos);
            if (polled > 0) {
                return polled;
            }
        }
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

    /** The end of a replay counts as work, too. */
    private int pollReplay(Receiver receiver, int limit) {
        Replay replay = replays.getFirst();
        int polled = 0;
        for (; polled < limit && !batchEnds; polled++) {
            Object element = replay.poll();
            if (element == null) {
                replays.removeFirst();
                return polled + 1;
            }
            if (!(element instanceof Control)) {
                select(replay.ordinal(), receiver);
                receiver.onRecord(element, replay.timestampMillis());
            } else if (element instanceof Watermark restored && replay.channel != Replay.NO_CHANNEL) {
                watermarks[replay.channel] = Math.max(watermarks[replay.channel], restored.millis());
                advanceWatermark(receiver);
            }
        }
        return polled;
    }

    private void select(int newOrdinal, Receiver receiver) {
        if (newOrdinal != ordinal) {
            ordinal = newOrdinal;
            receiver.onInput(newOrdinal);
        }
    }

    private boolean isBlocked(int index) {
        return alignment.blocks() && arrived[index];
    }

    private int pollChannel(int index, Receiver receiver, int limit, long nowNanos) {
        InputChannel channel = channels[index];
        ElementLog log = capture == null ? null : capture.log(index);
        int polled = 0;
        select(ordinals[index], receiver);
        boolean looksAhead = limit >= LEAST_LOOKED_AHEAD && channel.peeks() && receiver.looksAhead();
        int lookedAhead = 0;
        while (polled < limit && !batchEnds) {
            if (looksAhead && lookedAhead == 0) {
                lookedAhead = lookAhead(channel, receiver, limit - polled);
                looksAhead = lookedAhead > 0;
            }
            lookedAhead--;
            Object element = channel.poll();
            if (element == null) {
                break;
            }
            polled++;
            if (log != null) {
                log.append(element, channel.timestampMillis());
            }
            if (element instanceof Control control) {
                onControl(index, control, receiver, nowNanos);
                // The batch ends here: the channel may be blocked now, or a checkpoint taken.
                break;
            }
            receiver.onRecord(element, channel.timestampMillis());
            if (log != null) {
                log = capture == null ? null : capture.log(index); // It may have been closed in the meantime.
            }
        }
        if (polled > 0) {
            channel.release(nowNanos);
        }
        return polled;
    }

    /**
     * None of what is looked at is processed later than in this turn; answers how many it is. The array is a new one
     * each time: to keep a reference in a young object takes no fence.
     */
    private int lookAhead(InputChannel channel, Receiver receiver, int most) {
        if (channel.isEmpty()) {
            return 0;
        }
        Object[] ahead = new Object[Math.min(LOOKED_AHEAD, most)];
        int count = channel.peek(ahead, ahead.length);
        if (count > 0) {
            receiver.onAhead(ahead, count);
        }
        return count;
    }

    private void onControl(int index, Control control, Receiver receiver, long nowNanos) {
        if (control instanceof Watermark newWatermark) {
            watermarks[index] = Math.max(watermarks[index], newWatermark.millis());
            advanceWatermark(receiver);
        } else if (control instanceof Activity) {
            setIdle(index, control == Activity.IDLE);
            advanceWatermark(receiver);
        } else if (control instanceof Barrier barrier) {
            onBarrier(index, barrier, receiver, nowNanos);
        } else if (control instanceof LatencyMarker marker) {
            receiver.onMarker(marker);
        } else if (control instanceof EndOfInput) {
            onEndOfInput(index, receiver);
        }
    }

    private void advanceWatermark(Receiver receiver) {
        boolean allIdle = idleCount > 0 && areAllIdle();
        if (isIdle && !allIdle) {
            isIdle = false;
            receiver.onIdle(false);
        }
        long millis = allIdle ? greatestOfIdle() : leastOfActive();
        behind = behind();
        if (millis > watermark) {
            watermark = millis;
            receiver.onWatermark(millis);
        }
        if (allIdle && !isIdle) {
            isIdle = true;
            receiver.onIdle(true);
        }
    }

    /** But for those that hold nothing back any more, or never did: event time is not over for what is only idle. */
    private boolean areAllIdle() {
        for (int index = 0; index < channels.length; index++) {
            if (!idle[index] && watermarks[index] < NOTHING_HELD_BACK) {
                return false;
            }
        }
        return true;
    }

    private long leastOfActive() {
        long least = Long.MAX_VALUE;
        for (int index = 0; index < watermarks.length; index++) {
            least = idle[index] ? least : Math.min(least, watermarks[index]);
        }
        return least;
    }

    /** Of the channels that have an event time, or may have one yet; none, if they are all equally far. */
    private int behind() {
        int least = NONE;
        boolean isAnyAhead = false;
        for (int index = 0; index < watermarks.length; index++) {
            if (!idle[index] && watermarks[index] < NOTHING_HELD_BACK) {
                isAnyAhead |= least != NONE && watermarks[index] != watermarks[least];
                least = least == NONE || watermarks[index] < watermarks[least] ? index : least;
            }
        }
        return isAnyAhead ? least : NONE;
    }

    private long greatestOfIdle() {
        long greatest = Long.MIN_VALUE;
        for (int index = 0; index < watermarks.length; index++) {
            greatest = idle[index] ? Math.max(greatest, watermarks[index]) : greatest;
        }
        return greatest;
    }

    private void setIdle(int index, boolean nowIdle) {
        if (idle[index] != nowIdle) {
            idle[index] = nowIdle;
            idleCount += nowIdle ? 1 : -1;
        }
    }

    private void onEndOfInput(int index, Receiver receiver) {
        if (ended[index]) {
            throw new IllegalStateException("channel " + channels[index].id() + " has ended twice");
        }
        setIdle(index, false);
        ended[index] = true;
        endedCount++;
        watermarks[index] = Long.MAX_VALUE;
        advanceWatermark(receiver);
    }

    private void onBarrier(int index, Barrier barrier, Receiver receiver, long nowNanos) {
        long checkpoint = barrier.checkpoint().value();
        ChannelCapture capturing = capture;
        if (capturing != null && capturing.checkpoint().equals(barrier.checkpoint())) {
            capturing.close(index, channels[index].id());
            return;
        }
        if (!tryAlign(barrier, nowNanos)) {
            return;
        }
        if (arrived[index]) {
            throw new IllegalStateException("channel " + channels[index].id() + " has given " + barrier + " twice");
        }
        arrived[index] = true;
        arrivedCount++;
        if (arrivedCount == channels.length) {
            Barrier passedOn = isUrgent ? barrier.overtaking() : barrier;
            settle(checkpoint);
            receiver.onBarrier(passedOn, nowNanos - alignmentStartNanos);
        }
    }

    /** Whether that barrier is the one that is waited for, from now on at least. */
    private boolean tryAlign(Barrier barrier, long nowNanos) {
        if (barrier.checkpoint().value() <= settled) {
            return false;
        }
        Barrier current = aligning;
        int order = current == null ? 1 : barrier.checkpoint().compareTo(current.checkpoint());
        if (order < 0) {
            return false;
        }
        if (order > 0) {
            clearArrived();
            giveUpCapture(barrier.checkpoint());
            aligning = barrier;
            alignmentStartNanos = nowNanos;
            isUrgent = false;
        }
        isUrgent |= barrier.overtakes();
        return true;
    }

    // ---- barriers that overtake ----------------------------------------------------------------------------------

    /**
     * Hears of barriers that have been announced. Gives nothing to anybody: it may be called in the midst of an
     * element.
     */
    void look(long nowNanos) {
        for (int index = 0; index < channels.length; index++) {
            Barrier announced = channels[index].announced();
            if (announced == null) {
                continue;
            }
            ChannelCapture capturing = capture;
            if (capturing != null && capturing.checkpoint().equals(announced.checkpoint())) {
                closeAnnounced(index, capturing);
            } else {
                tryAlign(announced, nowNanos);
            }
        }
    }

    private void closeAnnounced(int index, ChannelCapture capturing) {
        ElementLog log = capturing.log(index);
        if (log != null) {
            channels[index].logQueued(log);
            capturing.close(index, channels[index].id());
        }
    }

    /** When the cut waits no longer; {@link Long#MAX_VALUE}: nothing is aligned, or only by waiting. */
    long dueNanos() {
        Barrier current = aligning;
        if (current == null || current.kind() != CutKind.CHECKPOINT || !alignment.blocks()) {
            return Long.MAX_VALUE;
        }
        return isUrgent ? alignmentStartNanos : alignmentStartNanos + alignment.budgetNanos();
    }

    boolean isDue(long nowNanos) {
        long dueNanos = dueNanos();
        return dueNanos != Long.MAX_VALUE && nowNanos - dueNanos >= 0;
    }

    /** In the midst of an element: no other one is polled before there has been a chance to cut. */
    void endBatch() {
        batchEnds = true;
    }

    /** Between two elements, when it {@link #isDue}: this is the cut, and what is under way is captured. */
    void overtake(Receiver receiver, long nowNanos) {
        Barrier barrier = Objects.requireNonNull(aligning, "nothing is aligned");
        ChannelCapture begun = new ChannelCapture(barrier.checkpoint(), watermarks);
        for (Replay replay : replays) {
            begun.add(replay.rest(replay.channel == Replay.NO_CHANNEL ? Long.MIN_VALUE : watermarks[replay.channel]));
        }
        for (int index = 0; index < channels.length; index++) {
            begun.open(index, channels[index].newLog());
            Barrier announced = channels[index].announced();
            if (arrived[index]) {
                begun.close(index, channels[index].id());
            } else if (announced != null && announced.checkpoint().equals(barrier.checkpoint())) {
                closeAnnounced(index, begun);
            }
        }
        capture = begun;
        settle(barrier.checkpoint().value());
        receiver.onOvertaken(barrier.overtaking(), nowNanos - alignmentStartNanos);
    }

    /** What was under way at the cut of that checkpoint, once; null: it is not known yet, or was given up. */
    @Nullable
    List<ChannelState> takeCaptured(CheckpointId checkpoint) {
        ChannelCapture capturing = capture;
        if (capturing == null || !capturing.checkpoint().equals(checkpoint) || !capturing.isComplete()) {
            return null;
        }
        capture = null;
        return capturing.states();
    }

    private void giveUpCapture(CheckpointId newest) {
        ChannelCapture capturing = capture;
        if (capturing != null && capturing.checkpoint().compareTo(newest) <= 0) {
            capture = null;
        }
    }

    // --------------------------------------------------------------------------------------------------------------

    /** Nobody waits for that checkpoint any more: its barriers are dropped, and what it blocks flows again. */
    void abort(CheckpointId checkpoint) {
        giveUpCapture(checkpoint);
        Barrier current = aligning;
        if (current != null && current.checkpoint().compareTo(checkpoint) <= 0) {
            settle(checkpoint.value());
        } else if (current == null) {
            settled = Math.max(settled, checkpoint.value());
        }
    }

    /** The checkpoint of which some barriers have come, and not all; 0: none. */
    long aligning() {
        Barrier current = aligning;
        return current == null ? NO_CHECKPOINT : current.checkpoint().value();
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
        if (!replays.isEmpty()) {
            return false;
        }
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
