package io.selvage.master.storage;

import io.selvage.checkpoint.journal.SignOfLife;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread {@code master-pulse}: renews the master's sign of life as long as its loop turns, so that an
 * executor which can't hear the master does not take it for dead.
 */
public final class Pulse {
    /** A loop that has not turned for longer hangs: it turns once a second at least. */
    static final long LONGEST_TURN_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** Renewals within the time after which an executor calls a master silent; it watches for half of that. */
    static final int RENEWALS_PER_SILENCE = 5;

    static final long SHORTEST_PAUSE_MILLIS = 100;
    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    private final SignOfLife sign;
    private final LongSupplier sinceTurnNanos;
    private final long pauseMillis;
    private boolean failing;

    /** @param sinceTurnNanos how long ago the loop's last turn was */
    public Pulse(SignOfLife sign, LongSupplier sinceTurnNanos, Duration silenceTimeout) {
        this.sign = sign;
        this.sinceTurnNanos = sinceTurnNanos;
        this.pauseMillis = Math.max(SHORTEST_PAUSE_MILLIS, silenceTimeout.toMillis() / RENEWALS_PER_SILENCE);
    }

    /** Runs until the thread is interrupted. */
    public void run() throws InterruptedException {
        while (true) {
            runOnce();
            Thread.sleep(pauseMillis);
        }
    }

    void runOnce() {
        if (sinceTurnNanos.getAsLong() > LONGEST_TURN_NANOS) {
            return;
        }
        try {
            sign.renew();
            failing = false;
        } catch (IOException failed) {
            if (!failing) {
                LOG.warn("The master's sign of life can't be renewed; it is tried again: {}", failed.toString());
            }
            failing = true;
        }
    }
}
