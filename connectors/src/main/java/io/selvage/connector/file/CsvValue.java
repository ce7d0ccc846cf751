package io.selvage.connector.file;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of a field as a value of one type.
 *
 * @param expected completes "... is not"
 * @param emptyIsNull of the boxed types: an empty field is no value
 */
record CsvValue(String expected, boolean emptyIsNull, Reading reading) {
    private static final Map<Class<?>, CsvValue> BY_TYPE = byType();

    /**
     * May throw a {@link NumberFormatException}, a {@link DateTimeException} or an {@link IllegalArgumentException}.
     */
    interface Reading extends Function<String, Object>, Serializable {}

    static @Nullable CsvValue ofType(Class<?> type) {
        return BY_TYPE.get(type);
    }

    static String supportedTypes() {
        return "String, int, long, double, boolean (or their boxes), BigDecimal, LocalDate, LocalDateTime and Instant";
    }

    @Nullable
    Object read(CsvHeader header, int index, String text) throws MalformedLineException {
        if (emptyIsNull && text.isEmpty()) {
            return null;
        }
        try {
            return reading.apply(text);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw header.malformed(index, text, "is not " + expected);
        }
    }

    private static Map<Class<?>, CsvValue> byType() {
        Map<Class<?>, CsvValue> all = new HashMap<>();
        all.put(String.class, new CsvValue("text", false, text -> text));
        addNumber(all, int.class, Integer.class, "a whole number of 32 bits", Integer::valueOf);
        addNumber(all, long.class, Long.class, "a whole number of 64 bits", Long::valueOf);
        addNumber(all, double.class, Double.class, "a number", Double::valueOf);
        addNumber(all, boolean.class, Boolean.class, "true or false", CsvValue::booleanOf);
        all.put(BigDecimal.class, new CsvValue("a decimal number", false, BigDecimal::new));
        all.put(LocalDate.class, new CsvValue("a date like 2001-03-31", false, LocalDate::parse));
        all.put(
                LocalDateTime.class,
                new CsvValue("a date and time like 2001-03-31T22:27:00", false, LocalDateTime::parse));
        all.put(Instant.class, new CsvValue("an instant like 2001-03-31T22:27:00Z", false, Instant::parse));
        return Map.copyOf(all);
    }

    private static void addNumber(
            Map<Class<?>, CsvValue> all, Class<?> primitive, Class<?> box, String expected, Reading reading) {
        all.put(primitive, new CsvValue(expected, false, reading));
        all.put(box, new CsvValue(expected, true, reading));
    }

    private static Boolean booleanOf(String text) {
        if (text.equalsIgnoreCase("true")) {
            return true;
        }
        if (text.equalsIgnoreCase("false")) {
            return false;
        }
        throw new IllegalArgumentException(text);
    }
}
