package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.function.KeySelector;
import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;

/**
 * A file that is small enough to be held in memory, to look things up in: a function carries it as a field and loads it
 * in its {@code open}.
 *
 * <pre>{@code
 * SmallTable<String, Airport> table = SmallTable.csv("/data/airports.csv", Airport.class, Airport::iata);
 * Map<String, Airport> airports = table.load();
 * }</pre>
 *
 * <p>It is read anew whenever the job starts or recovers, so it must not change while the job lives.
 */
public final class SmallTable<K, T> implements Serializable {
    /** Larger files are refused: every subtask would hold them. */
    public static final long MAX_BYTES = 64L << 20;

    private static final long serialVersionUID = 1L;

    private final String path;
    private final LineFormat<T> format;
    private final KeySelector<T, K> key;

    private SmallTable(String path, LineFormat<T> format, KeySelector<T, K> key) {
        this.path = path;
        this.format = format;
        this.key = key;
    }

    public static <K, T extends Record> SmallTable<K, T> csv(String path, Class<T> type, KeySelector<T, K> key) {
        return of(path, CsvFormat.of(type), key);
    }

    public static <K, T> SmallTable<K, T> of(String path, LineFormat<T> format, KeySelector<T, K> key) {
        return new SmallTable<>(path, format, key);
    }

    /**
     * Reads it all, in the file's order. Also worth a call in the program's {@code main}, where a missing file is
     * refused before the job is submitted.
     *
     * @throws BadInputException naming the path, and line and column if one is malformed; or if two lines have one key
     */
    public Map<K, T> load() throws BadInputException, IOException {
        Map<K, T> rows = new LinkedHashMap<>();
        for (FileStatus file : new InputFiles(path).list()) {
            InputFiles.requireReadable(file);
            if (file.getLen() > MAX_BYTES) {
                throw new BadInputException("The table " + file.getPath() + " has " + file.getLen()
                        + " bytes, but at most " + MAX_BYTES + " are held in memory. Read it as a source instead.");
            }
            if (file.getLen() > 0) {
                load(file, rows);
            }
        }
        return rows;
    }

    private void load(FileStatus file, Map<K, T> rows) throws BadInputException, IOException {
        FileSplit all =
                new FileSplit(file.getPath().toString(), 0, file.getLen(), file.getLen(), file.getModificationTime());
        try (FileSplitReader<T> reader = new FileSplitReader<>(all, null, format, MalformedLines.FAIL)) {
            for (T row : reader.readAll()) {
                K rowKey = key.key(row);
                if (rows.put(rowKey, row) != null) {
                    throw new BadInputException("The table " + path + " has two lines with the key " + rowKey
                            + ". Leave only one of them.");
                }
            }
        }
    }

    @Override
    public String toString() {
        return "table " + path;
    }
}
