package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;
import java.time.Duration;

/** Windows of one size, side by side, counted from the epoch plus an offset; of event time, unless told otherwise. */
public record TumblingWindows(long sizeMillis, long offsetMillis, TimeDomain time) implements AlignedWindows {
    private static final long serialVersionUID = 1L;

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
        return of(size, Duration.ZERO);
    }

    public static TumblingWindows of(Duration size, Duration offset) {
        return new TumblingWindows(size.toMillis(), offset.toMillis(), TimeDomain.EVENT_TIME);
    }

    /** The same by the wall clock: an element belongs to the window in which it arrives. */
    public TumblingWindows inProcessingTime() {
        return new TumblingWindows(sizeMillis, offsetMillis, TimeDomain.PROCESSING_TIME);
    }

    @Override
    public long slideMillis() {
        return sizeMillis;
    }

    /** A window is its own only pane. */
    @Override
    public long paneMillis() {
        return sizeMillis;
    }

    /** Start of the window that holds a timestamp. */
    public long startOf(long timestampMillis) {
        return timestampMillis - Math.floorMod(timestampMillis - offsetMillis, sizeMillis);
    }
}
