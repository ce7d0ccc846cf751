package io.selvage.connector.file;

import static java.lang.invoke.MethodType.methodType;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serial;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Records as lines of comma-separated values, quoted where RFC 4180 asks for it. Null is an empty field; a decimal is
 * written in full, never with an exponent; everything else as its {@code toString}.
 *
 * @param <T> elements
 */
public final class CsvEncoder<T extends Record> implements LineEncoder<T> {
    private static final long serialVersionUID = 1L;
    private static final char COMMA = ',';

    private final Class<T> type;
    private final boolean withHeader;
    private transient MethodHandle[] accessors; // (Object)Object

    private CsvEncoder(Class<T> type, boolean withHeader) {
        this.type = type;
        this.withHeader = withHeader;
        this.accessors = accessors(type);
    }

    /** One column for each component of the record, in its order. */
    public static <T extends Record> CsvEncoder<T> of(Class<T> type) {
        return new CsvEncoder<>(type, false);
    }

    /** Begins every file with the names of the columns: {@code distance_miles} for {@code distanceMiles}. */
    public CsvEncoder<T> withHeader() {
        return new CsvEncoder<>(type, true);
    }

    @Override
    public void encode(T element, StringBuilder line) {
        for (int i = 0; i < accessors.length; i++) {
            if (i > 0) {
                line.append(COMMA);
            }
            CsvLine.append(line, text(value(accessors[i], element)), COMMA);
        }
    }

    @Override
    public @Nullable String header() {
        if (!withHeader) {
            return null;
        }
        StringBuilder line = new StringBuilder();
        for (RecordComponent component : type.getRecordComponents()) {
            line.append(line.isEmpty() ? "" : COMMA).append(columnName(component.getName()));
        }
        return line.toString();
    }

    @Override
    public String fileSuffix() {
        return ".csv";
    }

    private @Nullable Object value(MethodHandle accessor, T element) {
        try {
            return accessor.invokeExact((Object) element);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("an accessor of " + type.getName() + " threw", e);
        }
    }

    private static String text(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
    }

    private static String columnName(String component) {
        return component.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static MethodHandle[] accessors(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        MethodHandle[] accessors = new MethodHandle[components.length];
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            for (int i = 0; i < components.length; i++) {
                accessors[i] =
                        lookup.unreflect(components[i].getAccessor()).asType(methodType(Object.class, Object.class));
            }
            return accessors;
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException("The record " + type.getName() + " cannot be read by the connector ("
                    + e.getMessage() + "). Open its package to io.selvage.");
        }
    }

    @Serial
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        accessors = accessors(type);
    }
}
