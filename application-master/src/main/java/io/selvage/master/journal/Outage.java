package io.selvage.master.journal;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Owned by the {@link JournalWriter}: for how long the record at hand is not written, when it is tried again, and how
 * often people are told. Pure.
 */
final class Outage {
    /** An outage of HDFS is waited out: another attempt could not even read the journal. */
    static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** After a first failure; doubled with each further one in a row. */
    static final long FIRST_PAUSE_MILLIS = 100;

    static final long LONGEST_PAUSE_MILLIS = 1_000;
    /** From one sentence to the next, whichever records they are about: what HDFS says differs with each attempt. */
    static final long NANOS_BETWEEN_SENTENCES = TimeUnit.SECONDS.toNanos(30);

    private int failures; // In a row.
    private long sinceNanos;
    private long pauseMillis;
    private boolean wasTold; // Of this outage.
    private boolean wasEverTold;
    private long toldNanos;

    /**
     * @param reason a sentence
     * @param startedNanos when the first attempt was begun
     * @return a sentence, if people are to be told
     */
    Optional<String> onFailure(String reason, long startedNanos, long nowNanos) {
        sinceNanos = startedNanos;
        pauseMillis = failures == 0 ? FIRST_PAUSE_MILLIS : Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
        failures++;
        if (wasEverTold && nowNanos - toldNanos < NANOS_BETWEEN_SENTENCES) {
            return Optional.empty();
        }
        wasEverTold = true;
        wasTold = true;
        toldNanos = nowNanos;
        return Optional.of(reason
                + (failures == 1
                        ? " It is tried again, for " + TimeUnit.NANOSECONDS.toMinutes(GIVE_UP_NANOS)
                                + " minutes at most."
                        : " It was tried " + inWords(nowNanos) + ", and is tried again."));
    }

    /** @return a sentence, if people were told otherwise before */
    Optional<String> onWritten(long nowNanos) {
        String failed = inWords(nowNanos);
        boolean isTold = wasTold;
        failures = 0;
        wasTold = false;
        return isTold ? Optional.of("The journal is written again; that had failed " + failed + ".") : Optional.empty();
    }

    private String inWords(long nowNanos) {
        return failures + (failures == 1 ? " time" : " times") + " in "
                + TimeUnit.NANOSECONDS.toSeconds(nowNanos - sinceNanos) + " s";
    }

    /** Until the next attempt. */
    long pauseMillis() {
        return pauseMillis;
    }

    boolean isTooLong(long nowNanos) {
        return failures > 0 && nowNanos - sinceNanos >= GIVE_UP_NANOS;
    }
}
