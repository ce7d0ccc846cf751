package io.selvage.task.exchange;

import io.selvage.protocol.id.CheckpointId;

/** What came before it belongs to its checkpoint, what comes after does not. Immutable. */
public final class Barrier extends Control {
    private final CheckpointId checkpoint;
    private final long triggerTimeMillis;
    private final boolean terminal;

    /**
     * @param triggerTimeMillis the master's clock, since the epoch
     * @param terminal taken after all input has ended; subtasks finish once it is complete
     */
    public Barrier(CheckpointId checkpoint, long triggerTimeMillis, boolean terminal) {
        this.checkpoint = checkpoint;
        this.triggerTimeMillis = triggerTimeMillis;
        this.terminal = terminal;
    }

    public CheckpointId checkpoint() {
        return checkpoint;
    }

    public long triggerTimeMillis() {
        return triggerTimeMillis;
    }

    public boolean terminal() {
        return terminal;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Barrier that
                && that.checkpoint.equals(checkpoint)
                && that.triggerTimeMillis == triggerTimeMillis
                && that.terminal == terminal;
    }

    @Override
    public int hashCode() {
        return checkpoint.hashCode();
    }

    @Override
    public String toString() {
        return (terminal ? "terminal barrier " : "barrier ") + checkpoint;
    }
}
