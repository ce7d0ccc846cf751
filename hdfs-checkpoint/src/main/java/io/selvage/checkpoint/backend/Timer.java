package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by its queue; known to its row, whose timers of one queue are a list. Changed only while it is a probe. */
final class Timer<N> {
    Row row;
    N namespace;
    long timestampMillis;
    int place;

    @Nullable
    Timer<N> next;

    @Nullable
    Timer<N> previous;

    Timer(Row row, N namespace, long timestampMillis) {
        this.row = row;
        this.namespace = namespace;
        this.timestampMillis = timestampMillis;
    }

    void become(Row newRow, N newNamespace, long newTimestampMillis) {
        row = newRow;
        namespace = newNamespace;
        timestampMillis = newTimestampMillis;
    }

    @Override
    public int hashCode() {
        return (row.hash * 31 + Long.hashCode(timestampMillis)) * 31 + namespace.hashCode();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Timer<?> timer
                && timer.timestampMillis == timestampMillis
                && timer.row == row
                && timer.namespace.equals(namespace);
    }
}
