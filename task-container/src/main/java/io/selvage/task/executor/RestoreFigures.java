package io.selvage.task.executor;

import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Safe for use by many threads: where the keyed states of subtasks came from when they started, and what was read. */
final class RestoreFigures {
    private final @Nullable RestoreFigures total; // Counts along.
    private final LongAdder kept = new LongAdder();
    private final LongAdder followed = new LongAdder();
    private final LongAdder read = new LongAdder();
    private final LongAdder segments = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAccumulator slowestNanos = new LongAccumulator(Math::max, 0);

    RestoreFigures(@Nullable RestoreFigures total) {
        this.total = total;
    }

    /** A state was there from the incarnation before. */
    void onKept() {
        kept.increment();
        if (total != null) {
            total.onKept();
        }
    }

    /** A state was held ready by a standby. */
    void onFollowed() {
        followed.increment();
        if (total != null) {
            total.onFollowed();
        }
    }

    /** A state was built from what lies in the store alone. */
    void onRead() {
        read.increment();
        if (total != null) {
            total.onRead();
        }
    }

    /** A segment of keyed state was read from the store, and so many of its bytes were of use. */
    void onSegment(long used) {
        segments.increment();
        bytes.add(used);
        if (total != null) {
            total.onSegment(used);
        }
    }

    /** One operator has its keyed state, so long after it asked. */
    void onDone(long nanos) {
        slowestNanos.accumulate(nanos);
    }

    long kept() {
        return kept.sum();
    }

    long followed() {
        return followed.sum();
    }

    long read() {
        return read.sum();
    }

    long segments() {
        return segments.sum();
    }

    long bytes() {
        return bytes.sum();
    }

    long slowestNanos() {
        return slowestNanos.get();
    }

    @Override
    public String toString() {
        return kept() + " states kept, " + followed() + " held ready, " + read() + " read; " + segments()
                + " segments of " + bytes() + " bytes from the store";
    }
}
