package io.selvage.task.exchange;

import io.selvage.protocol.id.CheckpointId;

/** What came before it belongs to its checkpoint, what comes after does not. Immutable. */
public final class Barrier extends Control {
    private final CheckpointId checkpoint;
    private final long triggerTimeMillis;
    private final CutKind kind;
    private final String directory;
    private final boolean overtakes;

    /**
     * Of a checkpoint.
     *
     * @param triggerTimeMillis the master's clock, since the epoch
     * @param terminal taken after all input has ended; subtasks finish once it is complete
     */
    public Barrier(CheckpointId checkpoint, long triggerTimeMillis, boolean terminal) {
        this(checkpoint, triggerTimeMillis, terminal ? CutKind.TERMINAL : CutKind.CHECKPOINT, "");
    }

    /**
     * Of a savepoint or checkpoint.
     *
     * @param directory of a savepoint, in the distributed file system; empty for a checkpoint
     */
    public Barrier(CheckpointId checkpoint, long triggerTimeMillis, CutKind kind, String directory) {
        this(checkpoint, triggerTimeMillis, kind, directory, false);
    }

    Barrier(CheckpointId checkpoint, long triggerTimeMillis, CutKind kind, String directory, boolean overtakes) {
        if (kind.isSavepoint() == directory.isEmpty() || overtakes && kind != CutKind.CHECKPOINT) {
            throw new IllegalArgumentException(
                    "a barrier of kind " + kind + " with the directory \"" + directory + "\"");
        }
        this.checkpoint = checkpoint;
        this.triggerTimeMillis = triggerTimeMillis;
        this.kind = kind;
        this.directory = directory;
        this.overtakes = overtakes;
    }

    /** The same, of a checkpoint, where a subtask has cut without waiting: those behind it need not wait either. */
    public Barrier overtaking() {
        return new Barrier(checkpoint, triggerTimeMillis, kind, directory, true);
    }

    public boolean overtakes() {
        return overtakes;
    }

    public CheckpointId checkpoint() {
        return checkpoint;
    }

    public long triggerTimeMillis() {
        return triggerTimeMillis;
    }

    public CutKind kind() {
        return kind;
    }

    /**
     * The savepoint's own; empty for a checkpoint. It travels along, since a barrier may overtake the master's word.
     */
    public String directory() {
        return directory;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Barrier that
                && that.checkpoint.equals(checkpoint)
                && that.triggerTimeMillis == triggerTimeMillis
                && that.kind == kind
                && that.directory.equals(directory)
                && that.overtakes == overtakes;
    }

    @Override
    public int hashCode() {
        return checkpoint.hashCode();
    }

    @Override
    public String toString() {
        return (kind == CutKind.CHECKPOINT ? "" : kind + " ") + "barrier " + checkpoint;
    }
}
