package io.selvage.minicluster;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Waits for a condition with a deadline. */
final class Await {

    private static final Duration POLL = Duration.ofMillis(50);

    private Await() {}

    /** The first value that is not null. */
    static <T> T value(String what, Duration limit, Callable<@Nullable T> source) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            T value = source.call();
            if (value != null) {
                return value;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Waited " + limit.toSeconds() + " s in vain for " + what + ".");
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    static void until(String what, Duration limit, Callable<Boolean> condition) throws Exception {
        value(what, limit, () -> condition.call() ? Boolean.TRUE : null);
    }
}
