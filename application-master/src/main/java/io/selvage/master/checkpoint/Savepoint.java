package io.selvage.master.checkpoint;

import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CutKind;

/**
 * A savepoint that a client wants.
 *
 * @param directory its own, below the state root or fully qualified
 * @param kind any but that of a checkpoint
 */
public record Savepoint(SavepointId id, String directory, CutKind kind) {
    public Savepoint {
        if (kind == CutKind.CUT_FOR_CHECKPOINT || kind == CutKind.UNRECOGNIZED) {
            throw new IllegalArgumentException("savepoint " + id + " would be cut as " + kind);
        }
    }

    /** The job's last cut: once it is complete, its output is committed, and the job finishes. */
    public boolean stops() {
        return kind == CutKind.CUT_FOR_STOP || kind == CutKind.CUT_FOR_DRAIN;
    }

    @Override
    public String toString() {
        return "savepoint " + id;
    }
}
