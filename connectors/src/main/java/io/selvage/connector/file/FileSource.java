package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.jspecify.annotations.Nullable;

/**
 * Lines of files on HDFS or any other Hadoop file system; bounded, and replayable from every line.
 *
 * <p>The path is a file, a directory (its files, not those of its subdirectories) or a pattern. Files are UTF-8, not
 * compressed, and must not change while the job reads them. They are cut into splits that readers take in turn; a line
 * belongs to the split in which its first byte lies, so a line break never belongs to an element.
 *
 * @param <T> elements
 */
public final class FileSource<T> implements Source<T, FileSplit> {
    private static final long serialVersionUID = 1L;
    private static final long DEFAULT_SPLIT_BYTES = 128L << 20;

    private final String path;
    private final LineFormat<T> format;
    private final long splitBytes;
    private final MalformedLines malformedLines;

    private FileSource(String path, LineFormat<T> format, long splitBytes, MalformedLines malformedLines) {
        if (splitBytes < 1) {
            throw new IllegalArgumentException("a split of " + splitBytes + " bytes holds nothing");
        }
        this.path = path;
        this.format = format;
        this.splitBytes = splitBytes;
        this.malformedLines = malformedLines;
    }

    /** Every line is an element. */
    public static FileSource<String> text(String path) {
        return of(path, new TextLines());
    }

    /** Files with a header line whose columns are the record's components; see {@link CsvFormat#of(Class)}. */
    public static <T extends Record> FileSource<T> csv(String path, Class<T> type) {
        return of(path, CsvFormat.of(type));
    }

    public static <T> FileSource<T> of(String path, LineFormat<T> format) {
        return new FileSource<>(path, format, DEFAULT_SPLIT_BYTES, MalformedLines.FAIL);
    }

    /**
     * Cuts files into splits of this size rather than 128 MiB; a small file needs small splits to keep all readers
     * busy.
     */
    public FileSource<T> splitBytes(long newSplitBytes) {
        return new FileSource<>(path, format, newSplitBytes, malformedLines);
    }

    /** Default: {@link MalformedLines#FAIL}. */
    public FileSource<T> onMalformedLine(MalformedLines policy) {
        return new FileSource<>(path, format, splitBytes, policy);
    }

    @Override
    public Serde<T> serde() {
        return format.serde();
    }

    @Override
    public Serde<FileSplit> splitSerde() {
        return Serdes.of(FileSplit.class);
    }

    /** All files are there and may be read, and the first one's header has the columns that the format needs. */
    @Override
    public void check() throws BadInputException, IOException {
        List<FileStatus> files = new InputFiles(path).list();
        for (FileStatus file : files) {
            InputFiles.requireReadable(file);
        }
        if (format.hasHeader()) {
            checkHeader(files.get(0));
        }
    }

    @Override
    public SplitPlanner<FileSplit> planner(SourceContext context, byte @Nullable [] restored) {
        return new FilePlanner(new InputFiles(path), splitBytes, restored);
    }

    @Override
    public SplitReader<T> reader(FileSplit split, byte @Nullable [] position, SourceContext context)
            throws BadInputException, IOException {
        return new FileSplitReader<>(split, position, format, malformedLines);
    }

    private void checkHeader(FileStatus file) throws BadInputException, IOException {
        String name = file.getPath().toString();
        if (file.getLen() == 0) {
            throw new BadInputException("The input file " + name + " is empty: it has not even a header line.");
        }
        FileSplit all = new FileSplit(name, 0, file.getLen(), file.getLen(), file.getModificationTime());
        try (LineCursor cursor = FileSplitReader.open(all, all.end())) {
            FileSplitReader.parser(name, cursor, format);
        }
    }

    @Override
    public String toString() {
        return "files of " + path;
    }
}
