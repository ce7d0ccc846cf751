package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a command puts up with a ResourceManager or a master that goes away while it is at work: meanwhile another one
 * takes over, or the same one comes back. Owned by the command's thread.
 */
public final class Waiting {
    /** Nothing is asked once more after that; the last question may take some seconds, as each does. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What is away for less is not worth a line. */
    static final Duration TOLD = Duration.ofSeconds(2);

    private static final String TELLS = "Waiting for up to " + PATIENCE.toSeconds() + " s: ";
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Set<ExitCode> ABSENCES = Set.of(ExitCode.NO_CLUSTER, ExitCode.SESSION_FAILED);
    private static final Logger LOG = LoggerFactory.getLogger(Waiting.class);

    private final Consumer<String> told;
    private final Time time;

    /** How time passes. */
    interface Time {
        Time OF_SYSTEM = new Time() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                TimeUnit.NANOSECONDS.sleep(duration.toNanos());
            }
        };

        long nanos();

        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * @param told a sentence for the person who waits, once for each absence that lasts, and each deed that takes long
     */
    public Waiting(Consumer<String> told) {
        this(told, Time.OF_SYSTEM);
    }

    Waiting(Consumer<String> told, Time time) {
        this.told = told;
        this.time = time;
    }

    /**
     * Asks until there is an answer, or a refusal; a minute for YARN, and a minute for the master that it starts then.
     *
     * @param question is asked again as it is; fails with {@code NO_CLUSTER} if YARN is away, with
     *     {@code SESSION_FAILED} if the master is
     * @throws ClientException as the question did last
     */
    <T> T untilAnswered(Supplier<T> question) {
        long askedNanos = time.nanos();
        Map<ExitCode, Long> sinceNanos = new EnumMap<>(ExitCode.class); // A master may be gone with its YARN.
        Set<ExitCode> isTold = EnumSet.noneOf(ExitCode.class);
        while (true) {
            try {
                return question.get();
            } catch (ClientException unanswered) {
                ExitCode absence = unanswered.exitCode();
                long nowNanos = time.nanos();
                long firstNanos = sinceNanos.isEmpty() ? askedNanos : nowNanos;
                Long earlierNanos = sinceNanos.putIfAbsent(absence, firstNanos);
                long waitedNanos = nowNanos - (earlierNanos == null ? firstNanos : earlierNanos);
                if (!ABSENCES.contains(absence) || waitedNanos >= PATIENCE.toNanos()) {
                    throw unanswered;
                }
                LOG.info("Asked in vain; it is asked again.", unanswered);
                if (waitedNanos >= TOLD.toNanos() && isTold.add(absence)) {
                    told.accept(TELLS + unanswered.getMessage());
                }
            }
            pause();
        }
    }

    /**
     * Looks until it is so, as long as an absence is waited for after the first look.
     *
     * @param stands a sentence on what is waited for
     * @return false: it is not so yet
     */
    boolean untilSo(BooleanSupplier look, Supplier<String> stands) {
        if (look.getAsBoolean()) {
            return true;
        }
        long waitedNanos = 0;
        boolean isTold = false;
        while (waitedNanos < PATIENCE.toNanos()) {
            if (waitedNanos >= TOLD.toNanos() && !isTold) {
                isTold = true;
                told.accept(TELLS + stands.get());
            }
            long fromNanos = time.nanos();
            pause();
            if (look.getAsBoolean()) {
                return true;
            }
            waitedNanos += Math.min(time.nanos() - fromNanos, TOLD.toNanos()); // A look may outlast an outage.
        }
        return false;
    }

    private void pause() {
        try {
            time.sleep(POLL);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }
}
