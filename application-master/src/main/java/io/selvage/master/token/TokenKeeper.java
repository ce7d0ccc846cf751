package io.selvage.master.token;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.hadoop.security.Credentials;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread that starts the master, and then by the thread {@code master-tokens}: obtains new tokens long
 * before those in use end, and hands them on. The time that is left is for failures, for executors that have no master
 * for a while, and for files that a node fetches with tokens it was given some time ago.
 */
public final class TokenKeeper {
    /** Of the time for which tokens hold, what passes before new ones are obtained. */
    static final double SHARE_IN_USE = 0.5;
    /** Of the time that is left, what passes before it is tried again after a failure. */
    static final double SHARE_BETWEEN_TRIES = 0.05;

    static final long LEAST_PAUSE_MILLIS = 1_000;
    static final long LONGEST_PAUSE_AFTER_FAILURE_MILLIS = Duration.ofMinutes(1).toMillis();
    /** The wall clock is looked at so often: it may jump, and a process may be stopped for a while. */
    static final long LONGEST_SLEEP_MILLIS = Duration.ofMinutes(1).toMillis();

    private static final Logger LOG = LoggerFactory.getLogger(TokenKeeper.class);

    private final TokenSource source;
    private final Consumer<Credentials> users;
    private final LongSupplier clockMillis;
    private long endMillis; // Of the tokens in use; 0: not known.
    private long dueMillis;
    private int failures; // In a row.

    /**
     * @param users told of each new set of tokens
     * @param clockMillis wall clock, as the tokens' own times are
     */
    public TokenKeeper(TokenSource source, Consumer<Credentials> users, LongSupplier clockMillis) {
        this.source = source;
        this.users = users;
        this.clockMillis = clockMillis;
    }

    /** Runs until the thread is interrupted. */
    public void run() throws InterruptedException {
        while (true) {
            Thread.sleep(Math.min(LONGEST_SLEEP_MILLIS, runOnce()));
        }
    }

    /**
     * Obtains tokens if it is time; answers how long it is until the next time. A failure is tried again then. Blocks.
     */
    public long runOnce() {
        long now = clockMillis.getAsLong();
        if (now < dueMillis) {
            return dueMillis - now;
        }
        TokenSource.Obtained obtained;
        try {
            obtained = source.obtain();
        } catch (IOException | RuntimeException failed) {
            // Also of a defect of Hadoop's clients: the tokens in use hold for a while, and it may pass.
            onFailure(now, failed);
            return dueMillis - now;
        }
        users.accept(obtained.tokens());
        failures = 0;
        endMillis = obtained.endMillis();
        dueMillis = now + Math.max(LEAST_PAUSE_MILLIS, (long) ((endMillis - now) * SHARE_IN_USE));
        LOG.info(
                "Obtained {} tokens, which hold until {}; the next ones are obtained at {}.",
                obtained.tokens().numberOfTokens(),
                Instant.ofEpochMilli(endMillis),
                Instant.ofEpochMilli(dueMillis));
        return dueMillis - now;
    }

    private void onFailure(long now, Exception failed) {
        failures++;
        long pause = Math.min(LONGEST_PAUSE_AFTER_FAILURE_MILLIS, Math.max(LEAST_PAUSE_MILLIS * failures, (long)
                ((endMillis - now) * SHARE_BETWEEN_TRIES)));
        dueMillis = now + pause;
        LOG.warn(
                "No new tokens could be obtained; {}, and it is tried again in {} ms.",
                endMillis == 0
                        ? "those that the master was launched with are used"
                        : "those in use " + (endMillis > now ? "hold until " : "have ended at ")
                                + Instant.ofEpochMilli(endMillis),
                pause,
                failed);
    }
}
