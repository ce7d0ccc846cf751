package io.selvage.connector.file;

import java.util.ArrayList;
import java.util.List;

/** One line of comma-separated values, as of RFC 4180 but without line breaks in quoted fields. */
final class CsvLine {
    private static final char QUOTE = '"';

    private CsvLine() {}

    /** @param expectedCount of fields: only a hint */
    static List<String> split(String line, char separator, int expectedCount) throws MalformedLineException {
        List<String> fields = new ArrayList<>(expectedCount);
        int start = 0;
        while (true) {
            if (start < line.length() && line.charAt(start) == QUOTE) {
                start = addQuoted(line, start, separator, fields);
            } else {
                int end = line.indexOf(separator, start);
                fields.add(end < 0 ? line.substring(start) : line.substring(start, end));
                start = end < 0 ? line.length() + 1 : end + 1;
            }
            if (start > line.length()) {
                return fields;
            }
        }
    }

    /** Quotes a field that would be read as something else without quotes. */
    static void append(StringBuilder line, String field, char separator) {
        if (!needsQuotes(field, separator)) {
            line.append(field);
            return;
        }
        line.append(QUOTE);
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == QUOTE) {
                line.append(QUOTE);
            }
            line.append(c);
        }
        line.append(QUOTE);
    }

    /** @return where the next field begins; beyond the line's length if there is none */
    private static int addQuoted(String line, int start, char separator, List<String> fields)
            throws MalformedLineException {
        StringBuilder field = new StringBuilder();
        int at = start + 1;
        while (true) {
            int quote = line.indexOf(QUOTE, at);
            if (quote < 0) {
                throw new MalformedLineException("column " + (fields.size() + 1)
                        + ": the quotation mark before " + shorten(line.substring(start + 1))
                        + " is not closed on its line; quoted fields with line breaks are not supported");
            }
            field.append(line, at, quote);
            int after = quote + 1;
            if (after == line.length() || line.charAt(after) == separator) {
                fields.add(field.toString());
                return after + 1;
            }
            if (line.charAt(after) != QUOTE) {
                throw new MalformedLineException("column " + (fields.size() + 1) + ": " + shorten(line.substring(after))
                        + " follows the closing quotation mark of the field");
            }
            field.append(QUOTE);
            at = after + 1;
        }
    }

    private static boolean needsQuotes(String field, char separator) {
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == separator || c == QUOTE || c == '\n' || c == '\r') {
                return true;
            }
        }
        return false;
    }

    /** In quotation marks, and no longer than a message can bear. */
    static String shorten(String text) {
        int limit = 60;
        return '"' + (text.length() <= limit ? text : text.substring(0, limit) + "...") + '"';
    }
}
