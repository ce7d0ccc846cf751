package io.selvage.api.state;

import java.io.Serializable;
import java.time.Duration;

/**
 * For how long a state keeps what is not used: a value, an accumulator, each element of a list, each entry of a map.
 *
 * <p>It is the processing time of whichever host runs the subtask that counts. What has expired is never returned
 * again; it is removed when its key is next used, and otherwise in the background, as the operator's other rows are
 * used, so that keys that never come back do not stay. While a job is down, time goes on.
 *
 * <p>The duration may change from one version of a program to the next, and counts from the last use then, too. A state
 * that had no time-to-live may be given one: what it has counts as used when the new program starts. It may also lose
 * it.
 *
 * @param duration at least a millisecond; what is exactly as old has expired
 */
public record TimeToLive(Duration duration, Use use) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What counts as a use. */
    public enum Use {
        /** To put, update or add. To change a value in place, without putting it again, is none. */
        WRITE,
        /** To read as well: to go through a map or list is a use of all that it has. */
        READ_AND_WRITE
    }

    public TimeToLive {
        if (duration.toMillis() <= 0) {
            throw new IllegalArgumentException(
                    "a time-to-live of " + duration + " keeps nothing: give it at least a millisecond");
        }
    }

    /** Counted from the last write. */
    public static TimeToLive afterWrite(Duration duration) {
        return new TimeToLive(duration, Use.WRITE);
    }

    /** Counted from the last read or write. */
    public static TimeToLive afterReadOrWrite(Duration duration) {
        return new TimeToLive(duration, Use.READ_AND_WRITE);
    }
}
