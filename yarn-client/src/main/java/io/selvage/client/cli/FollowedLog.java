package io.selvage.client.cli;

import io.selvage.client.connect.ContainerLogs;
import io.selvage.client.connect.LogPiece;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How far one log has been shown, which grows meanwhile: turns what its end is at each look into the lines that are
 * new. Owned by the thread that follows it; pure. Holds no more than one line.
 */
final class FollowedLog {
    /** What is fetched to see whether there is something new. */
    static final int GLANCE_BYTES = 16 << 10;
    /** The most that is fetched at a time: a log that grows by more between two looks is not shown whole. */
    static final int MOST_BYTES = 4 << 20;
    /** A line that is longer is shown as several. */
    static final int LONGEST_LINE = 64 << 10;

    private static final long NOTHING_YET = -1;

    private final int lines;
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private long shown = NOTHING_YET;
    private boolean isWithinLine; // The beginning of the line that comes next was not fetched.

    private FollowedLog(int lines) {
        this.lines = lines;
    }

    /** From so many of the last lines that it has at the first look. */
    static FollowedLog fromLast(int lines) {
        return new FollowedLog(lines);
    }

    /** From its beginning, as far as it can be fetched at once. */
    static FollowedLog fromBeginning() {
        FollowedLog log = new FollowedLog(0);
        log.shown = 0;
        return log;
    }

    /** So many of its bytes have been shown, or left out. */
    long shown() {
        return Math.max(0, shown);
    }

    /** So many of its last bytes are to be fetched next. */
    int bytesToFetch() {
        return shown == NOTHING_YET ? Math.min(MOST_BYTES, ContainerLogs.bytesOf(lines)) : GLANCE_BYTES;
    }

    /** So many have to be fetched instead, as this does not reach back to what has been shown; 0: it does. */
    int bytesMissing(LogPiece piece) {
        long reach = shown == NOTHING_YET || piece.length() < shown ? 0 : piece.length() - shown;
        return reach <= piece.bytes().length || piece.bytes().length >= MOST_BYTES
                ? 0
                // And what is written before the answer.
                : (int) Math.min(MOST_BYTES, reach + GLANCE_BYTES);
    }

    /** The lines that are new, without what ends them. */
    List<String> onPiece(LogPiece piece) {
        List<String> fresh = new ArrayList<>();
        if (shown == NOTHING_YET) {
            shown = piece.from() + piece.startOfLast(lines);
        } else if (piece.length() < shown) {
            fresh.addAll(rest());
            fresh.add("[The log has begun anew.]");
            shown = 0;
        }
        if (piece.from() > shown) {
            fresh.addAll(rest());
            fresh.add("[" + Words.bytes(piece.from() - shown) + " are left out.]");
            shown = piece.from();
            isWithinLine = true;
        }
        byte[] bytes = piece.bytes();
        for (int at = (int) (shown - piece.from()); at < bytes.length; at++) {
            onByte(bytes[at], fresh);
        }
        shown = piece.length();
        return fresh;
    }

    private void onByte(byte each, List<String> fresh) {
        if (each == '\n') {
            if (!isWithinLine) {
                fresh.add(takeUnfinished());
            }
            isWithinLine = false;
        } else if (!isWithinLine) {
            if (unfinished.size() == LONGEST_LINE) {
                fresh.add(takeUnfinished());
            }
            unfinished.write(each);
        }
    }

    /** A last line that nothing ends. */
    List<String> rest() {
        return unfinished.size() == 0 ? List.of() : List.of(takeUnfinished());
    }

    private String takeUnfinished() {
        String line = unfinished.toString(StandardCharsets.UTF_8);
        unfinished.reset();
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }
}
