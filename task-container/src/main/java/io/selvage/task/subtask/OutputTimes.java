package io.selvage.task.subtask;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread, which notes once a batch whether its sink has written; the heartbeat reads what was
 * published. A moment is known as well as a batch is short.
 */
final class OutputTimes {
    /** Between two outputs; shorter ones are the ordinary course of batches and flushes. */
    static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /** That are kept, the newest. */
    static final int MOST_PAUSES = 16;

    private long written;
    private long lastNanos;

    // Volatile, where mail would not do: the heartbeat reads them and has nothing to answer with. Written by the owner
    // alone: once a batch that has written, and where a pause ends.
    private volatile @Nullable SinkOutput published;
    private volatile long publishedLastNanos;

    /** Owner: after a batch, with the total of what the sink has written. */
    void note(long nowWritten, long nowNanos) {
        if (nowWritten == written) {
            return;
        }
        written = nowWritten;
        SinkOutput before = published;
        if (before == null) {
            published = new SinkOutput(nowNanos, nowNanos, List.of());
        } else if (nowNanos - lastNanos > LEAST_PAUSE_NANOS) {
            published = new SinkOutput(
                    before.firstNanos(), nowNanos, plus(before.pauses(), new SinkOutput.Pause(lastNanos, nowNanos)));
        }
        lastNanos = nowNanos;
        publishedLastNanos = nowNanos;
    }

    private static List<SinkOutput.Pause> plus(List<SinkOutput.Pause> pauses, SinkOutput.Pause newest) {
        List<SinkOutput.Pause> all = new ArrayList<>(MOST_PAUSES);
        all.addAll(pauses.subList(Math.max(0, pauses.size() + 1 - MOST_PAUSES), pauses.size()));
        all.add(newest);
        return List.copyOf(all);
    }

    /** Any thread; null: nothing was written yet. */
    @Nullable
    SinkOutput read() {
        SinkOutput output = published;
        if (output == null) {
            return null;
        }
        long last = publishedLastNanos;
        // Between the two writes of a first output or a pause's end, the older of the two is the one to correct.
        return last - output.lastNanos() > 0 ? new SinkOutput(output.firstNanos(), last, output.pauses()) : output;
    }
}
