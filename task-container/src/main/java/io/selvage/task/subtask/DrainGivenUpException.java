package io.selvage.task.subtask;

import io.selvage.protocol.id.CheckpointId;

/** Event time has ended here for a savepoint that was then given up: only going back to a checkpoint undoes that. */
final class DrainGivenUpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DrainGivenUpException(CheckpointId savepoint) {
        super("Event time was ended for the savepoint with the number " + savepoint
                + ", which was then given up: what windows have fired is undone by going back to the last checkpoint.");
    }
}
