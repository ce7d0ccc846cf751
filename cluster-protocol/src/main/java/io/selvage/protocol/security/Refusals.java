package io.selvage.protocol.security;

import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what one port has refused, and says so in the log: at once the first time, and then no more often than every
 * few seconds, for a stranger must not fill a disk. Guarded by itself, as several threads may serve a port.
 */
public final class Refusals {
    static final long LOG_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** What a stranger makes of a log line is short. */
    private static final int MAX_CHARACTERS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final String port;
    private final LongSupplier nanoClock;
    /** Volatile: it is read by who must not wait for a line of the log to be written. Set under the lock. */
    private volatile long total;

    private long logged; // of them
    private long loggedNanos;

    /** @param port as it is called in the log: "the data port" */
    public Refusals(String port) {
        this(port, System::nanoTime);
    }

    Refusals(String port, LongSupplier nanoClock) {
        this.port = port;
        this.nanoClock = nanoClock;
    }

    /** How a peer is called in the log: its address, without the name that Java may put before it. */
    public static String nameOf(@Nullable SocketAddress remote) {
        return String.valueOf(remote).replaceFirst("^.*/", "");
    }

    /** @param why continues "was refused: "; may hold what the stranger has sent */
    public synchronized void count(String remote, String why) {
        long count = total + 1;
        total = count;
        long now = nanoClock.getAsLong();
        if (logged == 0 || now - loggedNanos >= LOG_EVERY_NANOS) {
            logged = count;
            loggedNanos = now;
            LOG.warn(
                    "A connection from {} to {} was refused: {}. {} have been until now.",
                    remote,
                    port,
                    printable(why),
                    count);
        }
    }

    /** Since the port was opened. */
    public long total() {
        return total;
    }

    /** How many have been told in a line of the log, each with all before it. */
    synchronized long logged() {
        return logged;
    }

    private static String printable(String text) {
        String shortened = text.length() > MAX_CHARACTERS ? text.substring(0, MAX_CHARACTERS) + "[...]" : text;
        return shortened.replaceAll("\\p{Cntrl}", "?");
    }
}
