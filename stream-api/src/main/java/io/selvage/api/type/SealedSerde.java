package io.selvage.api.type;

import com.google.common.reflect.TypeToken;
import java.io.ObjectStreamException;
import java.io.Serial;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes a value of a sealed interface as the number of its record among those that are permitted, in the order of
 * declaration, and then the record. Interfaces that are permitted and sealed are taken for what they permit, and final
 * plain classes for records.
 */
final class SealedSerde<T> implements Serde<T>, Serdes.OfParts {
    private static final long serialVersionUID = 1L;

    private final Class<T> type;
    private final KnownTypes.@Nullable Parameterized generic; // Null: it has no type parameters.
    private final transient Class<?>[] permitted;
    private final transient Serde<Object>[] serdes;
    private final transient String schema;
    private final transient boolean canonical;

    @SuppressWarnings("unchecked")
    SealedSerde(Class<T> type, KnownTypes.@Nullable Parameterized generic) {
        this.type = type;
        this.generic = generic;
        Set<Class<?>> records = new LinkedHashSet<>();
        collect(type, type, records);
        this.permitted = records.toArray(new Class<?>[0]);
        this.serdes = records.stream()
                .map(each -> Serdes.of(withArguments(TypeToken.of(generic == null ? type : generic), each)))
                .toArray(Serde[]::new);
        List<String> schemas = new ArrayList<>();
        boolean areCanonical = true;
        for (Serde<Object> serde : serdes) {
            schemas.add(serde.schema());
            areCanonical &= serde.isCanonical();
        }
        this.schema = Schemas.sealed(type.getName(), schemas);
        this.canonical = areCanonical;
    }

    private static void collect(Class<?> root, Class<?> of, Set<Class<?>> records) {
        for (Class<?> each : of.getPermittedSubclasses()) {
            if (Modifier.isFinal(each.getModifiers()) && !each.isEnum()) { // Records are final.
                records.add(each);
            } else if (each.isSealed() && each.isInterface()) {
                collect(root, each, records);
            } else {
                throw new UnsupportedTypeException(
                        "The sealed interface " + root.getName() + " has no serde, as it permits " + each.getName()
                                + ", which is no record and no final class. Make it one, or pass a Serde of your own.");
            }
        }
    }

    /** The arguments of one that is permitted follow from those of the interface. */
    private static Type withArguments(TypeToken<?> whole, Class<?> permitted) {
        if (permitted.getTypeParameters().length == 0) {
            return permitted;
        }
        try {
            return whole.getSubtype(permitted).getType();
        } catch (IllegalArgumentException e) {
            throw new UnsupportedTypeException("The sealed interface " + whole + " has no serde, as it permits "
                    + permitted.getName() + ", which is one of other type arguments alone. Give it those, or pass a"
                    + " Serde of your own.");
        }
    }

    @Override
    public void write(T value, BinaryWriter out) {
        Class<?> found = value.getClass();
        for (int number = 0; number < permitted.length; number++) {
            if (permitted[number] == found) {
                out.writeUnsignedVarInt(number);
                serdes[number].write(value, out);
                return;
            }
        }
        throw new IllegalStateException(found.getName() + " is none of those that " + type.getName() + " permits");
    }

    @Override
    @SuppressWarnings("unchecked")
    public T read(BinaryReader in) {
        return (T) serdes[readNumber(in, serdes.length, schema)].read(in);
    }

    static int readNumber(BinaryReader in, int count, String schema) {
        int number = in.readUnsignedVarInt();
        if (number < 0 || number >= count) {
            throw new CorruptDataException("record " + number + " of " + count + " of " + schema);
        }
        return number;
    }

    @Override
    public String schema() {
        return schema;
    }

    /** Records are known by their names: others may have come, and the order is as it was then. None may have gone. */
    @Override
    public Function<BinaryReader, T> reader(String written) {
        if (written.equals(schema)) {
            return this::read;
        }
        Schemas.OfSealed was = Schemas.ofSealed(written)
                .filter(each -> each.name().equals(type.getName()))
                .orElseThrow(() -> new IncompatibleSchemaException(written, schema));
        List<Function<BinaryReader, T>> readers = new ArrayList<>();
        was.permitted().forEach(record -> readers.add(readerOf(record, written)));
        return in -> readers.get(readNumber(in, readers.size(), written)).apply(in);
    }

    @SuppressWarnings("unchecked")
    private Function<BinaryReader, T> readerOf(String record, String written) {
        String name = Schemas.ofRecord(record)
                .map(Schemas.OfRecord::name)
                .orElseThrow(() -> new IncompatibleSchemaException(written, schema));
        for (int number = 0; number < permitted.length; number++) {
            if (permitted[number].getName().equals(name)) {
                try {
                    return (Function<BinaryReader, T>) (Function<BinaryReader, ?>) serdes[number].reader(record);
                } catch (IncompatibleSchemaException e) {
                    throw e.within(permitted[number].getSimpleName());
                }
            }
        }
        throw new IncompatibleSchemaException(record, schema);
    }

    @Override
    public List<Serde<?>> parts() {
        return List.of(serdes);
    }

    @Override
    public boolean isCanonical() {
        return canonical;
    }

    @Serial
    private Object readResolve() throws ObjectStreamException {
        return generic == null ? Serdes.of(type) : Serdes.of(generic);
    }
}
