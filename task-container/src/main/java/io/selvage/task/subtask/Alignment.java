package io.selvage.task.subtask;

import io.selvage.protocol.config.CheckpointMode;

/**
 * How the barriers of several channels become one cut.
 *
 * @param budgetNanos after so long of waiting for the others, barriers overtake what is queued; 0: at once
 */
public record Alignment(CheckpointMode mode, long budgetNanos) {
    public Alignment {
        if (budgetNanos < 0) {
            throw new IllegalArgumentException("a budget of " + budgetNanos + " ns");
        }
    }

    /** Whether a channel that has given the barrier waits for the others. */
    boolean blocks() {
        return mode == CheckpointMode.EXACTLY_ONCE;
    }
}
