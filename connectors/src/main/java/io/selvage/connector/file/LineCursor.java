package io.selvage.connector.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.util.LineReader;

/**
 * Owned by the thread that reads a split. Walks over the lines of a part of a file and knows the byte at which each
 * begins; lines end with LF, CR LF or CR.
 */
final class LineCursor implements AutoCloseable {
    /** The longest line that is taken; a longer one is malformed. */
    static final int MAX_LINE_BYTES = 16 << 20;

    private static final int BUFFER_BYTES = 64 << 10;
    private static final int LINE_END_BYTES = 2;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final FSDataInputStream in;
    private final long end;
    private final Text line = new Text();
    private LineReader lines;
    private long lineStart;
    private long next;
    private int consumedBytes;

    /** @param end lines that begin there, or later, are not this cursor's */
    LineCursor(FSDataInputStream in, long end) {
        this.in = in;
        this.end = end;
        this.lines = new LineReader(in, BUFFER_BYTES);
    }

    /** Goes to a byte at which a line is known to begin. */
    void seekToLine(long position) throws IOException {
        in.seek(position);
        lines = new LineReader(in, BUFFER_BYTES);
        next = position;
    }

    /** Goes to the first line that begins at a byte or after it. */
    void seekToFirstLineFrom(long position) throws IOException {
        if (position == 0) {
            seekToLine(0);
            return;
        }
        seekToLine(position - 1);
        next += lines.readLine(line, 0, Integer.MAX_VALUE);
    }

    /** @return false at the end of the cursor's part */
    boolean advance() throws IOException {
        if (next >= end) {
            return false;
        }
        consumedBytes = lines.readLine(line, MAX_LINE_BYTES, Integer.MAX_VALUE);
        lineStart = next;
        next += consumedBytes;
        return consumedBytes > 0;
    }

    String line() {
        String text = new String(line.getBytes(), 0, line.getLength(), StandardCharsets.UTF_8);
        return lineStart == 0 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    }

    /** Whether {@link #line} is only the beginning of the line. */
    boolean isTooLong() {
        return consumedBytes > MAX_LINE_BYTES + LINE_END_BYTES;
    }

    /** Where the current line begins. */
    long lineStart() {
        return lineStart;
    }

    /** Where the next line begins, or the end of the file. */
    long next() {
        return next;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
