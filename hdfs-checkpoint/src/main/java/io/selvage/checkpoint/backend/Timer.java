package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by its queue; known to its row, whose timers of one queue are a list. */
final class Timer<N> {
    final Row row;
    final N namespace;
    final long timestampMillis;

    // In the row's list.
    @Nullable
    Timer<N> next;

    @Nullable
    Timer<N> previous;

    // Of DueTimers.
    DueTimers.@Nullable Moment<N> moment;

    @Nullable
    Timer<N> nextDue;

    @Nullable
    Timer<N> previousDue;

    @Nullable
    Timer<N> nextInSlot;

    Timer(Row row, N namespace, long timestampMillis) {
        this.row = row;
        this.namespace = namespace;
        this.timestampMillis = timestampMillis;
    }

    int hash() {
        return hash(row, namespace, timestampMillis);
    }

    static int hash(Row row, Object namespace, long timestampMillis) {
        return (row.hash * 31 + Long.hashCode(timestampMillis)) * 31 + namespace.hashCode();
    }

    boolean is(Row ofRow, Object ofNamespace, long ofTimestampMillis) {
        return timestampMillis == ofTimestampMillis && row == ofRow && namespace.equals(ofNamespace);
    }
}
