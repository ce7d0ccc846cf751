package io.selvage.task.operator;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far event time has come in each of the splits that a subtask of a source reads: told by the operator that reads
 * them, and by the one in the same chain that assigns timestamps. Owned by the subtask's thread.
 *
 * <p>Event time is where the least of the splits is, without those that are idle; where the greatest is once all are.
 * It goes back for none: one that is behind is waited for.
 */
final class SplitTimes {
    private final boolean sideBySide;
    private final List<SplitTime> counted = new ArrayList<>(); // Those that event time waits for.
    private final SplitTime none = new SplitTime(Long.MIN_VALUE); // Takes the place of splits while there are none.
    private SplitTime current = none;
    private @Nullable SplitTime asked; // Since the last look for idle ones.
    private @Nullable SourceAlignment alignment; // Null: splits are not held.
    private long lagMillis;
    private long maxDriftMillis;
    private boolean isPlanned;
    private boolean hasEnded; // A split, since that was asked.
    private long endedMillis = Long.MIN_VALUE; // Where event time was when a split ended.

    /** One split. */
    static final class SplitTime {
        /** The greatest timestamp so far; {@link Long#MIN_VALUE}: there is none. */
        long greatestMillis;
        /** Not waited for, until its next element. */
        boolean isIdle;
        /** It had nothing when it was asked; nor has it since then, whenever it was. */
        boolean isEmpty;

        long emptySinceNanos;

        SplitTime(long greatestMillis) {
            this.greatestMillis = greatestMillis;
        }
    }

    private SplitTimes(boolean sideBySide) {
        this.sideBySide = sideBySide;
        counted.add(none);
    }

    /** @param sideBySide all splits are read at the same time, so that none is waited for that is not there */
    static SplitTimes of(boolean sideBySide) {
        return new SplitTimes(sideBySide);
    }

    /** Elements are not from splits, or nobody knows from which: as if they were all from one. */
    static SplitTimes ofOne(long nowNanos) {
        SplitTimes one = new SplitTimes(false);
        one.isPlanned = true; // There is no planner to wait for.
        one.none.isEmpty = true;
        one.none.emptySinceNanos = nowNanos;
        return one;
    }

    /** A split is not read while its watermark, so far behind its greatest timestamp, is too far ahead. */
    void align(SourceAlignment newAlignment, long newLagMillis, long newMaxDriftMillis) {
        alignment = newAlignment;
        lagMillis = newLagMillis;
        maxDriftMillis = newMaxDriftMillis;
    }

    /** Whether that split has to wait for other sources; so long it is not idle. */
    boolean mustWait(SplitTime split, long nowNanos) {
        SourceAlignment by = alignment;
        if (by == null
                || split.greatestMillis < Long.MIN_VALUE + lagMillis + maxDriftMillis
                || !by.isAhead(split.greatestMillis - lagMillis, maxDriftMillis, nowNanos)) {
            return false;
        }
        split.isEmpty = false;
        return true;
    }

    /** Event time waits for that split from now on. */
    void begin(SplitTime split) {
        counted.remove(none);
        counted.add(split);
    }

    /** It is asked; elements that follow are of that one. */
    void turnTo(SplitTime split) {
        current = split;
        asked = split;
    }

    /** No element of that split comes any more. */
    void end(SplitTime split) {
        endedMillis = reachedMillis();
        counted.remove(split);
        hasEnded = true;
        if (counted.isEmpty()) {
            none.isEmpty = false;
            none.isIdle = isIdleWithoutSplits();
            counted.add(none);
            current = none;
        }
    }

    /** All splits that there were at the start have come; until then no subtask is idle for want of them. */
    void onPlanned() {
        isPlanned = true;
        none.isIdle = isIdleWithoutSplits();
    }

    /** Else the next one of a queue may be on its way. */
    private boolean isIdleWithoutSplits() {
        return sideBySide && isPlanned;
    }

    /** Whether a split has ended since the last call, so that event time may go on. */
    boolean takeHasEnded() {
        boolean taken = hasEnded;
        hasEnded = false;
        return taken;
    }

    SplitTime current() {
        return current;
    }

    /** The timestamp that has been reached, and that elements may be behind no further than the strategy says. */
    long reachedMillis() {
        long least = Long.MAX_VALUE;
        long greatest = Long.MIN_VALUE;
        for (int i = 0; i < counted.size(); i++) {
            SplitTime split = counted.get(i);
            greatest = Math.max(greatest, split.greatestMillis);
            least = split.isIdle ? least : Math.min(least, split.greatestMillis);
        }
        return Math.max(endedMillis, least == Long.MAX_VALUE ? greatest : least);
    }

    /** All splits are; or they are read side by side, and this subtask has none. */
    boolean areIdle() {
        for (int i = 0; i < counted.size(); i++) {
            if (!counted.get(i).isIdle) {
                return false;
            }
        }
        return true;
    }

    /**
     * After each turn: the split that was asked in it is idle if it has had nothing for so long. What nobody has asked
     * may have something: however long others have kept the subtask, that does not make it idle.
     *
     * @param hadElement in this turn, in which at most one split was asked
     * @return whether it is idle from now on
     */
    boolean findIdle(boolean hadElement, long nowNanos, long idleAfterNanos) {
        SplitTime split = hasNone() ? none : asked;
        asked = null;
        if (hadElement) {
            current.isEmpty = false;
        }
        if (split == null || hadElement && split != none || split == none && !isPlanned) {
            return false;
        }
        if (!split.isEmpty) {
            split.isEmpty = true;
            split.emptySinceNanos = nowNanos;
        }
        if (split.isIdle || nowNanos - split.emptySinceNanos < idleAfterNanos) {
            return false;
        }
        split.isIdle = true;
        return true;
    }

    /** When to look for idle ones although no split is asked; {@link Long#MAX_VALUE}: never. */
    long nextIdleNanos(long idleAfterNanos) {
        return hasNone() && none.isEmpty && !none.isIdle ? none.emptySinceNanos + idleAfterNanos : Long.MAX_VALUE;
    }

    private boolean hasNone() {
        return counted.get(0) == none;
    }
}
