package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;
import java.time.Duration;

/**
 * Windows of activity: elements of a key that are not further apart than a gap are in one, which ends a gap after the
 * last of them. An element that comes between two joins them. Of event time, unless told otherwise.
 */
public record SessionWindows(long gapMillis, TimeDomain time) implements WindowAssigner {
    private static final long serialVersionUID = 1L;

    public SessionWindows {
        if (gapMillis <= 0) {
            throw new IllegalArgumentException("sessions with a gap of " + gapMillis + " ms never last");
        }
    }

    public static SessionWindows withGap(Duration gap) {
        return new SessionWindows(gap.toMillis(), TimeDomain.EVENT_TIME);
    }

    /** The same by the wall clock. */
    public SessionWindows inProcessingTime() {
        return new SessionWindows(gapMillis, TimeDomain.PROCESSING_TIME);
    }
}
