package io.selvage.task.control;

import io.selvage.protocol.failure.FailureWords;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Owned by the link's thread: whether something in HDFS can be read, how soon it is tried again if not, and how often
 * people are told. Pure; times are those of {@link System#nanoTime}.
 */
final class Sight {
    /** After a first failure; doubled with each further one in a row. */
    static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** To four seconds: below the grace that a new master gives. */
    static final int MOST_DOUBLINGS = 4;
    /** From one sentence to the next, while nothing has changed. */
    static final long NANOS_BETWEEN_SENTENCES = TimeUnit.MINUTES.toNanos(1);

    private final String what;
    private int failures; // In a row.
    private long sinceNanos;
    private long dueNanos;
    private long saidNanos;

    /** @param what begins sentences */
    Sight(String what) {
        this.what = what;
    }

    /** Whether it may be read now: always, unless it could not be read just before. */
    boolean isDue(long nowNanos) {
        return failures == 0 || nowNanos - dueNanos >= 0;
    }

    /** @return a sentence, if people are to be told */
    Optional<String> onHidden(IOException reason, long nowNanos) {
        if (failures == 0) {
            sinceNanos = nowNanos;
        }
        boolean isTold = failures == 0 || nowNanos - saidNanos >= NANOS_BETWEEN_SENTENCES;
        dueNanos = nowNanos + (FIRST_PAUSE_NANOS << Math.min(failures, MOST_DOUBLINGS));
        failures++;
        if (!isTold) {
            return Optional.empty();
        }
        saidNanos = nowNanos;
        String times = failures == 1 ? "" : ", " + failures + " times in " + seconds(nowNanos) + " s";
        return Optional.of(what + " can't be read" + times + "; it is tried again every few seconds: "
                + FailureWords.firstLine(reason.toString()));
    }

    /** @return a sentence, if people were told otherwise before */
    Optional<String> onRead(long nowNanos) {
        if (failures == 0) {
            return Optional.empty();
        }
        String sentence = what + " can be read again, after " + failures + " failures in " + seconds(nowNanos) + " s.";
        failures = 0;
        return Optional.of(sentence);
    }

    private long seconds(long nowNanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nowNanos - sinceNanos);
    }
}
