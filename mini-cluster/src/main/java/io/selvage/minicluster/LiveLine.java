package io.selvage.minicluster;

import java.io.PrintStream;
import java.util.Locale;

/** One line that tells what is being waited for: rewritten in place on a terminal, else printed once for each step. */
final class LiveLine {

    private static final String ERASE = "\r\033[K";
    private static final String[] WHEEL = {"|", "/", "-", "\\"};

    private final PrintStream out;
    private final boolean terminal;
    private final long startNanos = System.nanoTime();
    private String shown = "";
    private int turn;

    LiveLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    void show(String step) {
        if (terminal) {
            out.print(ERASE + WHEEL[turn++ % WHEEL.length] + " " + step + " " + seconds());
            out.flush();
        } else if (!step.equals(shown)) {
            out.println(step);
        }
        shown = step;
    }

    void clear() {
        if (terminal) {
            out.print(ERASE);
            out.flush();
        }
    }

    String seconds() {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
    }
}
