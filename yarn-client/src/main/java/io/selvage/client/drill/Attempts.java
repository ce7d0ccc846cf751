package io.selvage.client.drill;

import java.time.Duration;
import java.util.Optional;

/**
 * How many attempts YARN will still start; pure.
 *
 * @param most of them that may fail within the window before the application has failed
 * @param failed within the window that ends now
 */
public record Attempts(int most, int failed, Duration window) {
    /** Why so many faults of the master would end the session, as a sentence with the remedy; empty if they do not. */
    public Optional<String> refusal(int count, Duration every) {
        long left = Math.max(0, most - 1 - failed);
        if (inOneWindow(count, every) <= left) {
            return Optional.empty();
        }
        String words = count == 1 ? "This fault" : count + " faults of the master, " + seconds(every) + " apart,";
        return Optional.of(words + " would end the session: YARN gives up an application at " + most
                + " failed attempts within " + seconds(window) + ", and " + failed + " have failed within that time."
                + (left == 0
                        ? " Wait until they are older than that,"
                        : " Say --count " + left + ", or an --every of at least " + seconds(spacing(left)) + ",")
                + " or open a session with a larger selvage.application.max-attempts (the cluster's"
                + " yarn.resourcemanager.am.global.max-attempts caps it).");
    }

    private long inOneWindow(int count, Duration every) {
        long fitting = every.isZero() ? count : window.toMillis() / every.toMillis() + 1;
        return Math.min(count, fitting);
    }

    /** So far apart, no more than {@code left} lie in one window. */
    private Duration spacing(long left) {
        return Duration.ofSeconds(window.toSeconds() / left + 1);
    }

    private static String seconds(Duration time) {
        return time.toSeconds() + " s";
    }
}
