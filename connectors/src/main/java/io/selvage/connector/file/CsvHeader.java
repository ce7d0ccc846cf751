package io.selvage.connector.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** The columns of a CSV file, in their order. */
record CsvHeader(List<String> columns) {
    CsvHeader {
        columns = List.copyOf(columns);
    }

    static CsvHeader parse(String line, char separator) throws MalformedLineException {
        return new CsvHeader(CsvLine.split(line, separator, 16));
    }

    OptionalInt indexOf(String column) {
        int index = columns.indexOf(column);
        return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
    }

    /** The column of exactly this name, else the one of this name but for case, {@code _}, {@code -} and blanks. */
    int matchOrThrow(String component) throws MalformedLineException {
        OptionalInt exact = indexOf(component);
        if (exact.isPresent()) {
            return exact.getAsInt();
        }
        List<Integer> similar = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            if (plain(columns.get(i)).equals(plain(component))) {
                similar.add(i);
            }
        }
        if (similar.size() != 1) {
            throw new MalformedLineException((similar.isEmpty() ? "no column" : "more than one column")
                    + " stands for the component " + component + "; the columns are " + String.join(", ", columns)
                    + ". Rename the component, or say which with CsvFormat.column(component, column)");
        }
        return similar.get(0);
    }

    /** Splits a line that must have all columns. */
    List<String> fields(String line, char separator) throws MalformedLineException {
        List<String> fields = CsvLine.split(line, separator, columns.size());
        if (fields.size() != columns.size()) {
            throw new MalformedLineException("column " + Math.min(fields.size(), columns.size() + 1)
                    + ": the line ends after " + fields.size() + " columns, but the header has " + columns.size() + ": "
                    + CsvLine.shorten(line));
        }
        return fields;
    }

    MalformedLineException malformed(int index, String value, String reason) {
        return new MalformedLineException(
                "column " + (index + 1) + " (" + columns.get(index) + "): " + CsvLine.shorten(value) + " " + reason);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "").replace(" ", "");
    }
}
