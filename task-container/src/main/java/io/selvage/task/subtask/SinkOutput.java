package io.selvage.task.subtask;

import java.util.List;

/**
 * When a subtask's sink has written since its incarnation started; by the subtask's clock.
 *
 * @param pauses the newest, oldest first: times without output that were longer than usual
 */
public record SinkOutput(long firstNanos, long lastNanos, List<Pause> pauses) {
    public SinkOutput {
        pauses = List.copyOf(pauses);
        if (firstNanos - lastNanos > 0) {
            throw new IllegalArgumentException(
                    "the first output at " + firstNanos + " came after the last at " + lastNanos);
        }
    }

    /** From the last output before it to the first one after it. */
    public record Pause(long fromNanos, long toNanos) {}
}
