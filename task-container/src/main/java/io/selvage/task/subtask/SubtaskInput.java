package io.selvage.task.subtask;

import io.selvage.task.exchange.InputChannel;

/**
 * A channel as its consuming subtask sees it.
 *
 * @param ordinal of the input of the chain's head that its elements belong to
 * @param timeless its elements have no event time
 */
public record SubtaskInput(InputChannel channel, int ordinal, boolean timeless) {
    /** Of a chain with one input. */
    public static SubtaskInput of(InputChannel channel) {
        return new SubtaskInput(channel, 0, false);
    }
}
