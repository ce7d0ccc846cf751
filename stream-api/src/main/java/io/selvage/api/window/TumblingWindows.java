package io.selvage.api.window;

import java.io.Serializable;
import java.time.Duration;

/**
 * Windows of one size, side by side, counted from the epoch plus an offset. Elements that come too late are dropped.
 */
public record TumblingWindows(long sizeMillis, long offsetMillis) implements Serializable {
    public TumblingWindows {
        if (sizeMillis <= 0) {
            throw new IllegalArgumentException("a window of " + sizeMillis + " ms has no size");
        }
        if (offsetMillis < 0 || offsetMillis >= sizeMillis) {
            throw new IllegalArgumentException(
                    "an offset of " + offsetMillis + " ms is outside the window's " + sizeMillis + " ms");
        }
    }

    public static TumblingWindows of(Duration size) {
        return new TumblingWindows(size.toMillis(), 0);
    }

    public static TumblingWindows of(Duration size, Duration offset) {
        return new TumblingWindows(size.toMillis(), offset.toMillis());
    }

    /** Start of the window that holds a timestamp. */
    public long startOf(long timestampMillis) {
        return timestampMillis - Math.floorMod(timestampMillis - offsetMillis, sizeMillis);
    }
}
