package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Owned by the reader's thread. Reads a split line by line; its position is the byte at which the next line begins. */
final class FileSplitReader<T> implements SplitReader<T> {
    /** A restart does not wait for the lines of more than that to be counted. */
    static final long MOST_COUNTED_BYTES = 64L << 20;

    private final FileSplit split;
    private final MalformedLines malformedLines;
    private final LineCursor cursor;
    private final LineFormat.LineParser<T> parser;

    FileSplitReader(FileSplit split, byte @Nullable [] position, LineFormat<T> format, MalformedLines malformedLines)
            throws BadInputException, IOException {
        this.split = split;
        this.malformedLines = malformedLines;
        this.cursor = open(split, split.end());
        try {
            this.parser = parser(split.path(), cursor, format);
            if (position != null) {
                cursor.seekToLine(ByteBuffer.wrap(position).getLong());
            } else if (split.start() > 0) {
                cursor.seekToFirstLineFrom(split.start());
            } else if (!format.hasHeader()) {
                cursor.seekToLine(0);
            }
        } catch (BadInputException | IOException | RuntimeException e) {
            cursor.close();
            throw e;
        }
    }

    @Override
    public Status read(SourceOutput<T> out, int maxElements) throws BadInputException, IOException {
        for (int count = 0; count < maxElements; count++) {
            if (!cursor.advance()) {
                return Status.END;
            }
            try {
                T element = parse();
                if (element != null) {
                    out.collect(element);
                }
            } catch (MalformedLineException e) {
                if (malformedLines == MalformedLines.FAIL) {
                    throw new BadInputException(describe(e));
                }
                out.skipped();
            }
        }
        return Status.MORE;
    }

    /** The rest of the split, which the caller knows to fit into memory. */
    List<T> readAll() throws BadInputException, IOException {
        List<T> all = new ArrayList<>();
        SourceOutput<T> out = new SourceOutput<>() {
            @Override
            public void collect(T element) {
                all.add(element);
            }

            @Override
            public void collect(T element, long timestampMillis) {
                all.add(element);
            }

            @Override
            public void skipped() {}
        };
        while (read(out, Integer.MAX_VALUE) != Status.END) {
            // One call reads nearly everything.
        }
        return all;
    }

    @Override
    public byte[] position() {
        return ByteBuffer.allocate(Long.BYTES).putLong(cursor.next()).array();
    }

    @Override
    public String describeLast() {
        String byteOfLine = split.path() + ", byte " + cursor.lineStart();
        if (cursor.lineStart() > MOST_COUNTED_BYTES) {
            return byteOfLine;
        }
        try {
            return split.path() + ", line " + lineNumber(cursor.lineStart());
        } catch (BadInputException | IOException e) {
            // The message is about something else, and the byte finds the line too.
            return byteOfLine;
        }
    }

    @Override
    public void close() throws IOException {
        cursor.close();
    }

    /** The parser for a file's lines; the cursor stands behind the header afterwards, if there is one. */
    static <T> LineFormat.LineParser<T> parser(String path, LineCursor cursor, LineFormat<T> format)
            throws BadInputException, IOException {
        try {
            if (!format.hasHeader()) {
                return format.parser(null);
            }
            cursor.seekToLine(0);
            return format.parser(cursor.advance() ? cursor.line() : "");
        } catch (MalformedLineException e) {
            throw new BadInputException(path + ", line 1 (the header): " + e.getMessage());
        }
    }

    static LineCursor open(FileSplit split, long end) throws BadInputException, IOException {
        Path path = new Path(split.path());
        FileSystem files = Hadoop.fileSystem(path);
        try {
            FileStatus now = files.getFileStatus(path);
            if (now.getLen() != split.fileLength() || now.getModificationTime() != split.modificationMillis()) {
                throw new BadInputException("The input file " + split.path()
                        + " has changed since the job began to read it (then " + split.fileLength() + " bytes, now "
                        + now.getLen() + "), so it cannot be read again from where the job was."
                        + " Put the old file back, or start the job anew.");
            }
            return new LineCursor(files.open(path), end);
        } catch (FileNotFoundException e) {
            throw new BadInputException("The input file " + split.path()
                    + " has been deleted while the job reads it. Put it back, or start the job anew.");
        }
    }

    private @Nullable T parse() throws MalformedLineException {
        if (cursor.isTooLong()) {
            throw new MalformedLineException("the line is longer than " + LineCursor.MAX_LINE_BYTES + " bytes");
        }
        return parser.parse(cursor.line());
    }

    private String describe(MalformedLineException e) throws BadInputException, IOException {
        return split.path() + ", line " + lineNumber(cursor.lineStart()) + ", " + e.getMessage()
                + ". Correct the line, or let the source pass over such lines (onMalformedLine(SKIP)).";
    }

    /** Counts from the beginning of the file, which is worth its time only when the number is needed. */
    private long lineNumber(long lineStart) throws BadInputException, IOException {
        long number = 1;
        try (LineCursor counter = open(split, lineStart)) {
            while (counter.advance()) {
                number++;
            }
        }
        return number;
    }
}
