package io.selvage.api.type;

import static java.lang.invoke.MethodType.methodType;

import com.google.common.reflect.TypeToken;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a record, or of a plain class, in the order in which parts are written.
 *
 * @param type as the virtual machine has it
 * @param getter (T)type
 * @param setter (T, type)void; null: the constructor takes it
 */
record Component(
        String name,
        Class<?> type,
        Serde<?> serde,
        MethodHandle getter,
        @Nullable MethodHandle setter) {

    static List<Component> ofRecord(TypeToken<?> whole, MethodHandles.Lookup lookup) throws IllegalAccessException {
        List<Component> components = new ArrayList<>();
        for (RecordComponent each : whole.getRawType().getRecordComponents()) {
            components.add(new Component(
                    each.getName(),
                    each.getType(),
                    serde(whole, each.getName(), each.getType(), each.getGenericType()),
                    lookup.unreflect(each.getAccessor()),
                    null));
        }
        return components;
    }

    /** @param generic what {@code type} is in the source */
    static Serde<?> serde(TypeToken<?> whole, String name, Class<?> type, Type generic) {
        try {
            Serde<?> serde = Serdes.of(whole.resolveType(generic).getType());
            return type.isPrimitive() ? serde : Serdes.nullable(serde);
        } catch (UnsupportedTypeException e) {
            throw new UnsupportedTypeException(
                    "In " + name + " of " + whole.getType().getTypeName() + ": " + e.getMessage());
        }
    }

    /** What it is where it was not written: null, zero, or an optional without a value. */
    @Nullable
    Object absent() {
        return serde instanceof Serdes.NullableSerde<?> nullable && nullable.serde() instanceof OptionalSerde<?, ?> none
                ? none.empty()
                : Array.get(Array.newInstance(type, 1), 0);
    }

    /** (type, BinaryWriter)void. */
    MethodHandle writer() throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        if (type.isPrimitive()) {
            return lookup.findStatic(PrimitiveCodec.class, "write", methodType(void.class, type, BinaryWriter.class));
        }
        return lookup.findVirtual(Serde.class, "write", methodType(void.class, Object.class, BinaryWriter.class))
                .bindTo(serde)
                .asType(methodType(void.class, type, BinaryWriter.class));
    }

    /** (BinaryReader)type. */
    MethodHandle reader() throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        if (type.isPrimitive()) {
            String name = "read" + Character.toUpperCase(type.getName().charAt(0))
                    + type.getName().substring(1);
            return lookup.findStatic(PrimitiveCodec.class, name, methodType(type, BinaryReader.class));
        }
        return lookup.findVirtual(Serde.class, "read", methodType(Object.class, BinaryReader.class))
                .bindTo(serde)
                .asType(methodType(type, BinaryReader.class));
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
