package io.selvage.task.operator;

/**
 * Owned by its operator. Where windows, or panes, begin, at equal distances. Mostly it is asked for the same start
 * again, which takes no division.
 */
final class WindowStarts {
    private final long everyMillis;
    private final long offsetMillis;
    private long recentMillis;

    WindowStarts(long everyMillis, long offsetMillis) {
        this.everyMillis = everyMillis;
        this.offsetMillis = offsetMillis;
        this.recentMillis = offsetMillis;
    }

    /** The last start that is not later. */
    long of(long millis) {
        boolean isRecent = millis >= recentMillis && Long.compareUnsigned(millis - recentMillis, everyMillis) < 0;
        if (!isRecent) {
            recentMillis = millis - Math.floorMod(millis - offsetMillis, everyMillis);
        }
        return recentMillis;
    }
}
