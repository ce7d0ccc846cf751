package io.selvage.api.type;

import static java.lang.invoke.MethodType.methodType;

import java.io.ObjectStreamException;
import java.io.Serial;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes a record component by component, in the order of declaration, without boxing primitives: the components'
 * accessors and writers are composed into one method handle, and so are their readers and the constructor.
 */
final class RecordSerde<T> implements Serde<T> {
    private static final long serialVersionUID = 1L;

    private final Class<T> type;
    private final transient MethodHandle writer; // (Object, BinaryWriter)void
    private final transient MethodHandle reader; // (BinaryReader)Object
    private final transient MethodHandle creator; // (Object[])Object
    private final transient RecordComponent[] components;
    private final transient List<Serde<?>> serdes;
    private final transient String schema;
    private final transient boolean canonical;

    RecordSerde(Class<T> type) {
        this.type = type;
        try {
            this.components = type.getRecordComponents();
            this.serdes = new ArrayList<>();
            for (RecordComponent component : components) {
                serdes.add(Serdes.ofComponent(component));
            }
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            this.writer = composeWriter(lookup, type, components, serdes);
            this.reader = composeReader(lookup, type, components, serdes);
            this.creator = constructor(lookup, type, components)
                    .asSpreader(Object[].class, components.length)
                    .asType(methodType(Object.class, Object[].class));
            this.schema = describe(type, components, serdes);
            this.canonical = serdes.stream().allMatch(Serde::isCanonical);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedTypeException("The record " + type.getName()
                    + " cannot be opened for serialization (" + e.getMessage()
                    + "). Make it accessible to io.selvage (open its package), or pass a Serde of your own.");
        }
    }

    @Override
    public void write(T value, BinaryWriter out) {
        try {
            writer.invokeExact((Object) value, out);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("accessor of " + type.getName() + " threw", e);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public T read(BinaryReader in) {
        try {
            return (T) (Object) reader.invokeExact(in);
        } catch (CorruptDataException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw refused(e);
        }
    }

    @Override
    public String schema() {
        return schema;
    }

    @Override
    public Function<BinaryReader, T> reader(String written) {
        if (written.equals(schema)) {
            return this::read;
        }
        Schemas.OfRecord was = Schemas.ofRecord(written)
                .filter(each -> each.name().equals(type.getName()))
                .orElseThrow(() -> new IncompatibleSchemaException(written, schema));
        Object[] absent = new Object[components.length]; // Null, or zero.
        for (int i = 0; i < absent.length; i++) {
            absent[i] = Array.get(Array.newInstance(components[i].getType(), 1), 0);
        }
        List<Part> parts = new ArrayList<>();
        was.components().forEach((name, schemaThen) -> {
            try {
                parts.add(partOf(name, schemaThen));
            } catch (IncompatibleSchemaException e) {
                throw e.within(name);
            }
        });
        return in -> {
            Object[] values = absent.clone();
            parts.forEach(part -> part.read(in, values));
            return create(values);
        };
    }

    /** Reads one component as it was written into those that there are now. */
    private interface Part {
        void read(BinaryReader in, Object[] values);
    }

    private Part partOf(String name, String schemaThen) {
        for (int i = 0; i < components.length; i++) {
            if (components[i].getName().equals(name)) {
                int place = i;
                Function<BinaryReader, ?> value = serdes.get(i).reader(schemaThen);
                return (in, values) -> values[place] = value.apply(in);
            }
        }
        Consumer<BinaryReader> over = Schemas.skipping(schemaThen);
        return (in, values) -> over.accept(in);
    }

    @SuppressWarnings("unchecked")
    private T create(Object[] values) {
        try {
            return (T) (Object) creator.invokeExact(values);
        } catch (CorruptDataException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw refused(e);
        }
    }

    private CorruptDataException refused(Throwable thrown) {
        return new CorruptDataException(
                "The record " + type.getName() + " refuses what was read for it: " + thrown
                        + ". The bytes are damaged, or its constructor takes less than it did when they were written.",
                thrown);
    }

    @Override
    public boolean isCanonical() {
        return canonical;
    }

    @Serial
    private Object readResolve() throws ObjectStreamException {
        return Serdes.of(type);
    }

    private static MethodHandle composeWriter(
            MethodHandles.Lookup lookup, Class<?> type, RecordComponent[] components, List<Serde<?>> serdes)
            throws ReflectiveOperationException {
        MethodHandle all = MethodHandles.empty(methodType(void.class, type, BinaryWriter.class));
        for (int i = components.length - 1; i >= 0; i--) {
            MethodHandle accessor = lookup.unreflect(components[i].getAccessor());
            MethodHandle one = componentWriter(components[i].getType(), serdes.get(i)); // (C, BinaryWriter)void
            all = MethodHandles.foldArguments(all, MethodHandles.filterArguments(one, 0, accessor));
        }
        return all.asType(methodType(void.class, Object.class, BinaryWriter.class));
    }

    private static MethodHandle composeReader(
            MethodHandles.Lookup lookup, Class<?> type, RecordComponent[] components, List<Serde<?>> serdes)
            throws ReflectiveOperationException {
        MethodHandle all = constructor(lookup, type, components);
        // What is collected last runs first, so the components are read in order.
        for (int i = components.length - 1; i >= 0; i--) {
            all = MethodHandles.collectArguments(all, i, componentReader(components[i].getType(), serdes.get(i)));
        }
        all = MethodHandles.permuteArguments(all, methodType(type, BinaryReader.class), new int[components.length]);
        return all.asType(methodType(Object.class, BinaryReader.class));
    }

    private static MethodHandle constructor(MethodHandles.Lookup lookup, Class<?> type, RecordComponent[] components)
            throws ReflectiveOperationException {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        return lookup.findConstructor(type, methodType(void.class, types));
    }

    private static MethodHandle componentWriter(Class<?> component, Serde<?> serde)
            throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        if (component.isPrimitive()) {
            MethodHandle write = lookup.findStatic(
                    PrimitiveCodec.class, "write", methodType(void.class, component, BinaryWriter.class));
            return write;
        }
        return lookup.findVirtual(Serde.class, "write", methodType(void.class, Object.class, BinaryWriter.class))
                .bindTo(serde)
                .asType(methodType(void.class, component, BinaryWriter.class));
    }

    private static MethodHandle componentReader(Class<?> component, Serde<?> serde)
            throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        if (component.isPrimitive()) {
            String name = "read" + Character.toUpperCase(component.getName().charAt(0))
                    + component.getName().substring(1);
            return lookup.findStatic(PrimitiveCodec.class, name, methodType(component, BinaryReader.class));
        }
        return lookup.findVirtual(Serde.class, "read", methodType(Object.class, BinaryReader.class))
                .bindTo(serde)
                .asType(methodType(component, BinaryReader.class));
    }

    private static String describe(Class<?> type, RecordComponent[] components, List<Serde<?>> serdes) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            parts.add(components[i].getName() + ":" + serdes.get(i).schema());
        }
        return "record " + type.getName() + parts.stream().collect(Collectors.joining(",", "(", ")"));
    }

    /** The wire form of primitives, the same as that of their boxes in {@link Serdes}. */
    static final class PrimitiveCodec {
        private PrimitiveCodec() {}

        static void write(boolean value, BinaryWriter out) {
            out.writeBoolean(value);
        }

        static void write(byte value, BinaryWriter out) {
            out.writeByte(value);
        }

        static void write(short value, BinaryWriter out) {
            out.writeShort(value);
        }

        static void write(char value, BinaryWriter out) {
            out.writeChar(value);
        }

        static void write(int value, BinaryWriter out) {
            out.writeVarInt(value);
        }

        static void write(long value, BinaryWriter out) {
            out.writeVarLong(value);
        }

        static void write(float value, BinaryWriter out) {
            out.writeFloat(value);
        }

        static void write(double value, BinaryWriter out) {
            out.writeDouble(value);
        }

        static boolean readBoolean(BinaryReader in) {
            return in.readBoolean();
        }

        static byte readByte(BinaryReader in) {
            return in.readByte();
        }

        static short readShort(BinaryReader in) {
            return in.readShort();
        }

        static char readChar(BinaryReader in) {
            return in.readChar();
        }

        static int readInt(BinaryReader in) {
            return in.readVarInt();
        }

        static long readLong(BinaryReader in) {
            return in.readVarLong();
        }

        static float readFloat(BinaryReader in) {
            return in.readFloat();
        }

        static double readDouble(BinaryReader in) {
            return in.readDouble();
        }
    }
}
