package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;
import java.math.BigInteger;
import java.time.Duration;

/**
 * Windows of one size, of which one begins every slide, counted from the epoch plus an offset; of event time, unless
 * told otherwise. An element belongs to about size / slide of them; with a slide above the size, to one or to none.
 */
public record SlidingWindows(long sizeMillis, long slideMillis, long offsetMillis, TimeDomain time)
        implements AlignedWindows {
    private static final long serialVersionUID = 1L;

    public SlidingWindows {
        if (sizeMillis <= 0) {
            throw new IllegalArgumentException("a window of " + sizeMillis + " ms has no size");
        }
        if (slideMillis <= 0) {
            throw new IllegalArgumentException("windows that slide by " + slideMillis + " ms do not move");
        }
        if (offsetMillis < 0 || offsetMillis >= slideMillis) {
            throw new IllegalArgumentException(
                    "an offset of " + offsetMillis + " ms is outside the slide's " + slideMillis + " ms");
        }
    }

    public static SlidingWindows of(Duration size, Duration slide) {
        return of(size, slide, Duration.ZERO);
    }

    public static SlidingWindows of(Duration size, Duration slide, Duration offset) {
        return new SlidingWindows(size.toMillis(), slide.toMillis(), offset.toMillis(), TimeDomain.EVENT_TIME);
    }

    @Override
    public long paneMillis() {
        return BigInteger.valueOf(sizeMillis)
                .gcd(BigInteger.valueOf(slideMillis))
                .longValueExact();
    }

    /** The same by the wall clock: an element belongs to the windows in which it arrives. */
    public SlidingWindows inProcessingTime() {
        return new SlidingWindows(sizeMillis, slideMillis, offsetMillis, TimeDomain.PROCESSING_TIME);
    }
}
