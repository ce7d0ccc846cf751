package io.selvage.connector.file;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Used by one thread. Makes records of the rows of one file: each component from the column that stands for it. */
final class RecordRows<T extends Record> {
    private final Class<T> type;
    private final CsvHeader header;
    private final int[] columns;
    private final CsvValue[] values;
    private final MethodHandle constructor; // (Object[])Object

    RecordRows(Class<T> type, CsvHeader header, Map<String, String> columnByComponent) throws MalformedLineException {
        this.type = type;
        this.header = header;
        RecordComponent[] components = type.getRecordComponents();
        this.columns = new int[components.length];
        this.values = values(type).toArray(new CsvValue[0]);
        for (int i = 0; i < components.length; i++) {
            String component = components[i].getName();
            String column = columnByComponent.get(component);
            columns[i] = column == null ? header.matchOrThrow(component) : named(column, component);
        }
        this.constructor = constructor(type, components);
    }

    /** @throws IllegalArgumentException if a component has a type that no field can be read as */
    static List<CsvValue> values(Class<? extends Record> type) {
        List<CsvValue> values = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            CsvValue value = CsvValue.ofType(component.getType());
            if (value == null) {
                throw new IllegalArgumentException("The component " + component.getName() + " of " + type.getName()
                        + " is a " + component.getType().getName()
                        + ", which no CSV field can be read as. Possible are "
                        + CsvValue.supportedTypes() + "; for all else give CsvFormat.of a function of the row.");
            }
            values.add(value);
        }
        return values;
    }

    T row(List<String> fields) throws MalformedLineException {
        @Nullable Object[] arguments = new Object[columns.length];
        for (int i = 0; i < columns.length; i++) {
            arguments[i] = values[i].read(header, columns[i], fields.get(columns[i]));
        }
        try {
            return type.cast(constructor.invokeExact(arguments));
        } catch (IllegalArgumentException e) {
            // A record that checks its values says so in this way.
            throw new MalformedLineException("column 1 and following: " + type.getSimpleName() + " refuses "
                    + Arrays.toString(arguments) + ": " + e.getMessage());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the constructor of " + type.getName() + " threw", e);
        }
    }

    private int named(String column, String component) throws MalformedLineException {
        return header.indexOf(column)
                .orElseThrow(() -> new MalformedLineException("there is no column " + column
                        + ", which is to stand for the component " + component + "; the columns are "
                        + String.join(", ", header.columns())));
    }

    private static MethodHandle constructor(Class<?> type, RecordComponent[] components) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findConstructor(type, methodType(void.class, types))
                    .asSpreader(Object[].class, types.length)
                    .asType(methodType(Object.class, Object[].class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("The record " + type.getName() + " cannot be made by the connector ("
                    + e.getMessage() + "). Open its package to io.selvage.");
        }
    }
}
