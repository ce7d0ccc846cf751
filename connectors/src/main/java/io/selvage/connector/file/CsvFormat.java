package io.selvage.connector.file;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Comma-separated values with a header line, as of RFC 4180, except that a quoted field must not hold a line break:
 * lines are what a file is split at. Empty lines are passed over.
 *
 * @param <T> elements
 */
public final class CsvFormat<T> implements LineFormat<T> {
    private static final long serialVersionUID = 1L;
    private static final char COMMA = ',';

    private final Serde<T> serde;
    private final Rows<T> rows;
    private final LinkedHashMap<String, String> columnByComponent;
    private final char separator;

    private CsvFormat(Serde<T> serde, Rows<T> rows, Map<String, String> columnByComponent, char separator) {
        this.serde = serde;
        this.rows = rows;
        this.columnByComponent = new LinkedHashMap<>(columnByComponent);
        this.separator = separator;
    }

    /**
     * Rows as records. A component is read from the column of its name, where {@code distanceMiles} also stands for
     * {@code distance_miles} or {@code Distance Miles}; other columns are left out. An empty field is null for a boxed
     * type, and malformed for any other but String. A constructor that throws {@link IllegalArgumentException} makes
     * the line malformed.
     */
    public static <T extends Record> CsvFormat<T> of(Class<T> type) {
        List<CsvValue> checked = RecordRows.values(type);
        if (checked.isEmpty()) {
            throw new IllegalArgumentException("The record " + type.getName() + " has no component to read.");
        }
        return new CsvFormat<>(Serdes.of(type), new RecordsOf<>(type), Map.of(), COMMA);
    }

    /** Rows as what a function makes of them. */
    @SuppressWarnings("unchecked")
    public static <T> CsvFormat<T> of(CsvMapper<T> mapper) {
        return of(mapper, (Serde<T>) Types.resultOf(mapper, CsvMapper.class, 0, "CsvFormat.of"));
    }

    public static <T> CsvFormat<T> of(CsvMapper<T> mapper, Serde<T> type) {
        return new CsvFormat<>(type, new MappedBy<>(mapper), Map.of(), COMMA);
    }

    /** Reads a component of the record from the column of exactly this name. */
    public CsvFormat<T> column(String component, String column) {
        if (!(rows instanceof RecordsOf<?> records)) {
            throw new IllegalArgumentException("Columns are assigned to the components of a record; the function "
                    + "that reads these rows names its columns itself.");
        }
        if (Arrays.stream(records.type().getRecordComponents())
                .noneMatch(each -> each.getName().equals(component))) {
            throw new IllegalArgumentException(
                    "The record " + records.type().getName() + " has no component " + component + ".");
        }
        Map<String, String> all = new LinkedHashMap<>(columnByComponent);
        all.put(component, column);
        return new CsvFormat<>(serde, rows, all, separator);
    }

    /** Default: the comma. */
    public CsvFormat<T> separator(char newSeparator) {
        return new CsvFormat<>(serde, rows, columnByComponent, newSeparator);
    }

    @Override
    public Serde<T> serde() {
        return serde;
    }

    @Override
    public boolean hasHeader() {
        return true;
    }

    @Override
    public LineParser<T> parser(@Nullable String header) throws MalformedLineException {
        CsvHeader columns = CsvHeader.parse(header == null ? "" : header, separator);
        RowParser<T> row = rows.parser(columns, columnByComponent);
        return line -> line.isEmpty() ? null : row.parse(columns.fields(line, separator));
    }

    private interface RowParser<T> {
        @Nullable
        T parse(List<String> fields) throws MalformedLineException;
    }

    private interface Rows<T> extends Serializable {
        RowParser<T> parser(CsvHeader header, Map<String, String> columnByComponent) throws MalformedLineException;
    }

    private record RecordsOf<T extends Record>(Class<T> type) implements Rows<T> {
        @Override
        public RowParser<T> parser(CsvHeader header, Map<String, String> columnByComponent)
                throws MalformedLineException {
            return new RecordRows<>(type, header, columnByComponent)::row;
        }
    }

    private record MappedBy<T>(CsvMapper<T> mapper) implements Rows<T> {
        @Override
        public RowParser<T> parser(CsvHeader header, Map<String, String> columnByComponent) {
            return fields -> mapper.map(new CsvRow(header, fields));
        }
    }
}
