package io.selvage.task.subtask;

import io.selvage.task.exchange.OutputChannel;

/** Waits, on the subtask's thread, until a channel that has refused an element has room. */
interface Backpressure {
    /** @throws io.selvage.task.operator.SubtaskCanceledException if the subtask has to end instead */
    void awaitRoom(OutputChannel channel);

    /** A cut waits for the end of the element that is being emitted: what is refused is better forced. */
    boolean isCutDue();
}
