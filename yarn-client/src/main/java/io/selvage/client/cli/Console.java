package io.selvage.client.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes: results to the standard output, and what is said meanwhile to it as well, unless the results
 * are JSON. On a terminal, one line is written over and over; elsewhere, only changes are written, one line each. Owned
 * by the command's thread, but for {@link #say}, which a shutdown hook may call.
 */
final class Console {
    private static final String CLEAR_TO_END = "\033[K";
    private static final String HOME = "\033[H";
    private static final String CLEAR_BELOW = "\033[J";
    private static final String CLEAR_ALL = "\033[2J";
    private static final int DEFAULT_COLUMNS = 120;
    private static final int DEFAULT_ROWS = 24;

    private final PrintStream out;
    private final PrintStream err;
    private final PrintStream talk;
    private final boolean terminal;
    private final boolean live;
    private final int columns;
    private final @Nullable Keyboard keyboard;
    private boolean lineIsLive;
    private boolean screenIsDrawn;
    private String lastLine = "";

    /** Where a person answers. */
    @FunctionalInterface
    interface Keyboard {
        /** Null: there is nobody any more. */
        @Nullable
        String answer(String question);

        /** A line that was typed unasked; null: there is none yet. Does not wait. */
        default @Nullable String typed() {
            return null;
        }
    }

    /** The terminal of this process. */
    private record Terminal(java.io.Console person, BufferedReader lines) implements Keyboard {
        @Override
        public @Nullable String answer(String question) {
            return person.readLine("%s", question);
        }

        @Override
        public @Nullable String typed() {
            try {
                // A command in the background that reads for longer than there is something would be stopped.
                return lines.ready() ? lines.readLine() : null;
            } catch (IOException gone) {
                return null;
            }
        }
    }

    Console(PrintStream out, PrintStream err, boolean json, boolean terminal, int columns) {
        this(out, err, json, terminal, columns, null);
    }

    /** @param keyboard null: nobody can be asked */
    Console(
            PrintStream out,
            PrintStream err,
            boolean json,
            boolean terminal,
            int columns,
            @Nullable Keyboard keyboard) {
        this.out = out;
        this.err = err;
        this.talk = json ? err : out;
        this.terminal = terminal;
        this.live = terminal && !json;
        this.columns = columns;
        this.keyboard = keyboard;
    }

    static Console ofProcess(boolean json) {
        String term = System.getenv().getOrDefault("TERM", "dumb");
        java.io.Console person = System.console();
        boolean terminal = person != null && !term.equals("dumb");
        return new Console(
                System.out,
                System.err,
                json,
                terminal,
                sizeOf(System.getenv().get("COLUMNS"), DEFAULT_COLUMNS),
                person == null
                        ? null
                        : new Terminal(
                                person,
                                new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()))));
    }

    private static int sizeOf(@Nullable String text, int otherwise) {
        return text != null && text.matches("[1-9]\\d{0,3}") ? Integer.parseInt(text) : otherwise;
    }

    /** Whether there is a person at a terminal. */
    boolean canAsk() {
        return terminal && keyboard != null;
    }

    /** Whether the person says yes. */
    boolean ask(String question) {
        endLiveLine();
        String answer = keyboard == null ? null : keyboard.answer(question);
        return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
    }

    /** A line that the person has typed unasked, without white space around it; empty: none. */
    String typed() {
        String line = keyboard == null || !terminal ? null : keyboard.typed();
        if (line == null) {
            return "";
        }
        lineIsLive = false; // The terminal has begun a new line.
        return line.strip();
    }

    /** Whether a line can be written over. */
    boolean isLive() {
        return live;
    }

    /** A result: always to the standard output. */
    void result(String text) {
        endLiveLine();
        out.println(text);
        out.flush();
    }

    /** Something a person may want to know. */
    void say(String text) {
        endLiveLine();
        talk.println(text);
        talk.flush();
    }

    /** Something that a person may want to know, while the standard output is what somebody else has written. */
    void aside(String text) {
        endLiveLine();
        err.println(text);
        err.flush();
    }

    /** Whether nobody reads the standard output any more. */
    boolean isUnread() {
        return out.checkError();
    }

    /** What is going on now, in place of what was said so before. */
    void progress(String text) {
        if (!live) {
            if (!text.equals(lastLine)) {
                lastLine = text;
                talk.println(text);
                talk.flush();
            }
            return;
        }
        String cut = text.length() < columns ? text : text.substring(0, columns - 1);
        talk.print("\r" + cut + CLEAR_TO_END);
        talk.flush();
        lineIsLive = true;
    }

    /** A text in place of all that is on the terminal; only where a line can be written over. */
    void screen(String text, int rows) {
        StringBuilder frame = new StringBuilder(screenIsDrawn ? HOME : CLEAR_ALL + HOME);
        text.lines()
                .limit(Math.max(1, rows - 1))
                .forEach(line -> frame.append(line.length() < columns ? line : line.substring(0, columns - 1))
                        .append(CLEAR_TO_END)
                        .append('\n'));
        talk.print(frame.append(CLEAR_BELOW));
        talk.flush();
        screenIsDrawn = true;
    }

    /** The rows of the terminal, as the script that starts the command has found them. */
    static int rowsOf(@Nullable String text) {
        return sizeOf(text, DEFAULT_ROWS);
    }

    /** Takes the live line away. */
    void clearProgress() {
        if (lineIsLive) {
            talk.print("\r" + CLEAR_TO_END);
            talk.flush();
            lineIsLive = false;
        }
    }

    void error(String text) {
        endLiveLine();
        err.println("selvage: " + text);
        err.flush();
    }

    void stackTrace(Throwable thrown) {
        thrown.printStackTrace(err);
        err.flush();
    }

    private void endLiveLine() {
        if (lineIsLive) {
            talk.println();
            lineIsLive = false;
        }
    }
}
