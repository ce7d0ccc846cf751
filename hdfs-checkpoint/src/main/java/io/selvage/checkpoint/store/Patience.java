package io.selvage.checkpoint.store;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How long a writer goes on looking for the outcome of its write while the file system does not answer. */
@FunctionalInterface
public interface Patience {
    /** The outcome stays unknown as soon as a look at it has failed. */
    Patience NONE = failedLooks -> false;

    /** Between two looks. */
    long PAUSE_MILLIS = 500;

    /**
     * Waits before the next look, in the calling thread.
     *
     * @param failedLooks so far, 1 or more
     * @return false if there should be none: enough time has passed, or the thread was interrupted
     */
    boolean waitAfter(int failedLooks);

    /** Looks twice a second; a look that itself waits for the file system counts as no more than one. */
    static Patience of(Duration limit) {
        long looks = limit.toMillis() / PAUSE_MILLIS;
        return failedLooks -> {
            if (failedLooks > looks) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        };
    }
}
