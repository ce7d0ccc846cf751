package io.selvage.task.subtask;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.Barrier;

/** What the executor tells a subtask; handled by the subtask's thread between elements, before input. */
public sealed interface Mail {
    /** To a subtask without input: cut, and send the barrier. */
    record Trigger(Barrier barrier) implements Mail {}

    /** This checkpoint and all lower ones are complete: commit; if it is terminal, finish as well. */
    record Complete(CheckpointId checkpoint, boolean terminal) implements Mail {}

    /**
     * Nobody waits for this checkpoint, nor for a lower one, any more.
     *
     * @param isStored what was cut here for it is in the store, or on its way there: the next cut may be added to it.
     *     If it does not arrive, the same is said once more, with false
     */
    record Abort(CheckpointId checkpoint, boolean isStored) implements Mail {}
}
