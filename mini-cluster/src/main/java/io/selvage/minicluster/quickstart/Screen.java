package io.selvage.minicluster.quickstart;

import java.io.PrintStream;
import java.util.Locale;

/** What the user sees: lines that stay, and one below them that changes; owned by the thread of the quickstart. */
final class Screen {
    /** Where a line can't be written over, it is written anew this often. */
    private static final long PLAIN_INTERVAL_NANOS = 10_000_000_000L;

    /** A line that wraps could not be written over. */
    private static final int WIDTH = 79;

    private static final String ERASE = "\r\033[K";

    private final PrintStream out;
    private final boolean live;
    private final long startNanos = System.nanoTime();
    private long plainAtNanos = Long.MIN_VALUE;
    private String shown = "";

    Screen(PrintStream out, boolean live) {
        this.out = out;
        this.live = live;
    }

    static Screen ofConsole() {
        return new Screen(System.out, System.console() != null);
    }

    void print(String line) {
        out.println((live ? ERASE : "") + line);
        out.flush();
    }

    /** A line with the time since the start before it. */
    void step(String line) {
        print(String.format(Locale.ROOT, "%5.1f s  %s", seconds(), line));
    }

    /** Replaces the line that changes. */
    void progress(String line) {
        if (live) {
            out.print(ERASE + line.substring(0, Math.min(line.length(), WIDTH)));
            out.flush();
        } else if (!line.equals(shown)
                && (plainAtNanos == Long.MIN_VALUE || System.nanoTime() - plainAtNanos >= PLAIN_INTERVAL_NANOS)) {
            plainAtNanos = System.nanoTime();
            step(line);
        }
        shown = line;
    }

    double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
