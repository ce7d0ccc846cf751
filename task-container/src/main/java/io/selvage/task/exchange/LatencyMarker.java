package io.selvage.task.exchange;

/**
 * Tells how long an element takes that a source emits now: it travels as elements do, past what the operators do with
 * them, to one subtask of each next vertex. Immutable.
 */
public final class LatencyMarker extends Control {
    private final int source;
    private final long emittedMicros;

    /**
     * @param source the vertex that reads it
     * @param emittedMicros wall clock of the source's host, since the epoch
     */
    public LatencyMarker(int source, long emittedMicros) {
        this.source = source;
        this.emittedMicros = emittedMicros;
    }

    public int source() {
        return source;
    }

    public long emittedMicros() {
        return emittedMicros;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LatencyMarker that && that.source == source && that.emittedMicros == emittedMicros;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(emittedMicros);
    }

    @Override
    public String toString() {
        return "latency marker of vertex " + source + " at " + emittedMicros;
    }
}
