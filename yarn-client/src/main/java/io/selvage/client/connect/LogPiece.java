package io.selvage.client.connect;

import com.google.common.primitives.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The last bytes of a log, as YARN hands them out between the lines that it puts around them; pure.
 *
 * @param bytes the last ones of the log; nobody changes them
 * @param length of the whole log, in bytes
 * @param isGrowing its process still ran
 */
public record LogPiece(byte[] bytes, long length, boolean isGrowing) {
    private static final byte[] BEGIN = "LogContents:\n".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern LENGTH = Pattern.compile("(?m)^LogLength:(\\d{1,18})$");
    private static final String OF_RUNNING = "This log file belongs to a running container";

    /**
     * What is in an answer of YARN's.
     *
     * @param asked so many of the last bytes at most
     * @return empty: the answer holds no log, or one without a byte in it
     */
    static Optional<LogPiece> of(byte[] answer, int asked) {
        int begin = Bytes.indexOf(answer, BEGIN);
        if (begin < 0) {
            return Optional.empty();
        }
        String head = new String(answer, 0, begin, StandardCharsets.ISO_8859_1);
        Matcher length = LENGTH.matcher(head);
        if (!length.find()) {
            return Optional.empty();
        }
        long whole = Long.parseLong(length.group(1));
        int from = begin + BEGIN.length;
        int count = (int) Math.min(Math.min(whole, asked), answer.length - from);
        byte[] bytes = new byte[count];
        System.arraycopy(answer, from, bytes, 0, count);
        String tail = new String(answer, from + count, answer.length - from - count, StandardCharsets.ISO_8859_1);
        return Optional.of(new LogPiece(bytes, whole, tail.contains(OF_RUNNING)));
    }

    /** Where its first byte is in the log. */
    public long from() {
        return length - bytes.length;
    }

    /** Its last lines; the first one of what was fetched is left out if its beginning was not. */
    ContainerLogs.Tail tail(String container, String file, int lines) {
        int start = startOfLast(lines);
        String text = new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8)
                .stripTrailing()
                .lines()
                .collect(Collectors.joining("\n"));
        return new ContainerLogs.Tail(container, file, text, from() + start > 0);
    }

    /**
     * Where so many of the last lines begin in {@link #bytes}; a line whose beginning was not fetched is none, unless
     * it is all that there is.
     */
    public int startOfLast(int lines) {
        int end = bytes.length;
        while (end > 0 && Character.isWhitespace(bytes[end - 1])) {
            end--; // As the end of the last line, whatever comes after it.
        }
        int start = end;
        int lineEnd = end;
        for (int found = 0; found < lines; found++) {
            int newline = lineEnd - 1;
            while (newline >= 0 && bytes[newline] != '\n') {
                newline--;
            }
            if (newline < 0) {
                return from() == 0 || found == 0 ? 0 : start;
            }
            start = newline + 1;
            lineEnd = newline;
        }
        return start;
    }
}
