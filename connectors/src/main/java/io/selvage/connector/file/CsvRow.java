package io.selvage.connector.file;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Objects;

/**
 * A line of a CSV file, by the names of its columns.
 *
 * <p>A field that does not have the form that a getter expects makes the line malformed; a column that the file does
 * not have is the program's mistake, and an {@link IllegalArgumentException}.
 */
public final class CsvRow {
    private final CsvHeader header;
    private final List<String> fields;

    CsvRow(CsvHeader header, List<String> fields) {
        this.header = header;
        this.fields = fields;
    }

    public String getString(String column) {
        return fields.get(indexOrThrow(column));
    }

    public int getInt(String column) throws MalformedLineException {
        return get(column, int.class, Integer.class);
    }

    public long getLong(String column) throws MalformedLineException {
        return get(column, long.class, Long.class);
    }

    public double getDouble(String column) throws MalformedLineException {
        return get(column, double.class, Double.class);
    }

    public boolean getBoolean(String column) throws MalformedLineException {
        return get(column, boolean.class, Boolean.class);
    }

    public LocalDate getLocalDate(String column) throws MalformedLineException {
        return get(column, LocalDate.class, LocalDate.class);
    }

    public LocalDateTime getLocalDateTime(String column) throws MalformedLineException {
        return get(column, LocalDateTime.class, LocalDateTime.class);
    }

    public Instant getInstant(String column) throws MalformedLineException {
        return get(column, Instant.class, Instant.class);
    }

    /** What to throw when a field has a form but not a meaning. */
    public MalformedLineException malformed(String column, String reason) {
        return header.malformed(indexOrThrow(column), getString(column), reason);
    }

    private <V> V get(String column, Class<?> type, Class<V> box) throws MalformedLineException {
        int index = indexOrThrow(column);
        CsvValue value = Objects.requireNonNull(CsvValue.ofType(type));
        return box.cast(Objects.requireNonNull(value.read(header, index, fields.get(index))));
    }

    private int indexOrThrow(String column) {
        return header.indexOf(column)
                .orElseThrow(() -> new IllegalArgumentException("The file has no column " + column
                        + "; its columns are " + String.join(", ", header.columns()) + "."));
    }
}
