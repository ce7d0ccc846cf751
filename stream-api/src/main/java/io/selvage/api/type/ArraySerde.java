package io.selvage.api.type;

import java.lang.reflect.Array;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Arrays are written as lists of their elements, with the schemas of these: one may become the other, and nothing that
 * reads schemas has a case for them. Those of primitives are written and read without boxes. {@code byte[]} is none of
 * them: it has {@link Serdes#BYTES}.
 */
final class ArraySerde {
    private static final Map<Class<?>, Serde<?>> OF_PRIMITIVES = Map.of(
            boolean.class,
            new OfPrimitives<>(
                    boolean.class,
                    Serdes.BOOLEAN,
                    (boolean[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (boolean each : all) {
                            out.writeBoolean(each);
                        }
                    },
                    in -> {
                        boolean[] all = new boolean[in.readCount(Byte.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readBoolean();
                        }
                        return all;
                    }),
            short.class,
            new OfPrimitives<>(
                    short.class,
                    Serdes.SHORT,
                    (short[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (short each : all) {
                            out.writeShort(each);
                        }
                    },
                    in -> {
                        short[] all = new short[in.readCount(Short.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readShort();
                        }
                        return all;
                    }),
            char.class,
            new OfPrimitives<>(
                    char.class,
                    Serdes.CHARACTER,
                    (char[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (char each : all) {
                            out.writeChar(each);
                        }
                    },
                    in -> {
                        char[] all = new char[in.readCount(Character.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readChar();
                        }
                        return all;
                    }),
            int.class,
            new OfPrimitives<>(
                    int.class,
                    Serdes.INTEGER,
                    (int[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (int each : all) {
                            out.writeVarInt(each);
                        }
                    },
                    in -> {
                        int[] all = new int[in.readCount(Byte.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readVarInt();
                        }
                        return all;
                    }),
            long.class,
            new OfPrimitives<>(
                    long.class,
                    Serdes.LONG,
                    (long[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (long each : all) {
                            out.writeVarLong(each);
                        }
                    },
                    in -> {
                        long[] all = new long[in.readCount(Byte.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readVarLong();
                        }
                        return all;
                    }),
            float.class,
            new OfPrimitives<>(
                    float.class,
                    Serdes.FLOAT,
                    (float[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (float each : all) {
                            out.writeFloat(each);
                        }
                    },
                    in -> {
                        float[] all = new float[in.readCount(Float.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readFloat();
                        }
                        return all;
                    }),
            double.class,
            new OfPrimitives<>(
                    double.class,
                    Serdes.DOUBLE,
                    (double[] all, BinaryWriter out) -> {
                        out.writeUnsignedVarInt(all.length);
                        for (double each : all) {
                            out.writeDouble(each);
                        }
                    },
                    in -> {
                        double[] all = new double[in.readCount(Double.BYTES)];
                        for (int i = 0; i < all.length; i++) {
                            all[i] = in.readDouble();
                        }
                        return all;
                    }));

    private ArraySerde() {}

    /** @param component of the array, and not {@code byte} */
    static Serde<?> ofPrimitives(Class<?> component) {
        return Objects.requireNonNull(OF_PRIMITIVES.get(component));
    }

    /** @param component of the array, as the virtual machine has it */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static Serde<?> of(Class<?> component, Serde<?> element) {
        return new OfReferences(component, element);
    }

    /** Of what was written with another schema, which a list of the elements can be read from. */
    @SuppressWarnings("unchecked")
    private static <A> Function<BinaryReader, A> readerOfList(Class<?> component, Serde<?> element, String written) {
        return Serdes.list(element).reader(written).andThen(elements -> {
            Object array = Array.newInstance(component, elements.size());
            for (int i = 0; i < elements.size(); i++) {
                Array.set(array, i, elements.get(i));
            }
            return (A) array;
        });
    }

    /**
     * Refuses arrays, at any depth, where values are found by {@code equals}, which for arrays is to be the very same
     * one.
     */
    static <T> Serde<T> requireNone(Serde<T> serde, String use) {
        if (isArray(serde)) {
            throw refused("be " + use);
        }
        requireNoneWithin(serde, use);
        return serde;
    }

    private static void requireNoneWithin(Serde<?> serde, String use) {
        if (serde instanceof Serdes.OfParts whole) {
            for (Serde<?> part : whole.parts()) {
                if (isArray(part)) {
                    throw refused("be within " + use + ", as in " + serde.schema());
                }
                requireNoneWithin(part, use);
            }
        }
    }

    private static boolean isArray(Serde<?> serde) {
        return serde instanceof Serdes.Basic<?> && serde.schema().equals(Serdes.BYTES.schema())
                || serde instanceof OfPrimitives
                || serde instanceof OfReferences
                || serde instanceof Serdes.NullableSerde<?> nullable && isArray(nullable.serde());
    }

    private static UnsupportedTypeException refused(String what) {
        return new UnsupportedTypeException(
                "Arrays can't " + what
                        + ": one is equal to itself alone, so that none is found again once it has been written and read."
                        + " Take a List, or a record with an equals and a hashCode of its own that compare what the array holds.");
    }

    /**
     * @param <A> the array
     * @param <E> the box of its elements
     */
    private static final class OfPrimitives<A, E> extends Serdes.Basic<A> {
        private static final long serialVersionUID = 1L;

        private final Class<?> component;
        private final Serde<E> element;

        OfPrimitives(Class<?> component, Serde<E> element, Serdes.Write<A> write, Serdes.Read<A> read) {
            super(Serdes.list(element).schema(), write, read);
            this.component = component;
            this.element = element;
        }

        @Override
        public Function<BinaryReader, A> reader(String written) {
            return written.equals(schema()) ? this::read : readerOfList(component, element, written);
        }

        @Override
        public boolean isCanonical() {
            return false; // Two arrays are equal if they are one.
        }
    }

    private record OfReferences<E>(Class<E> component, Serde<E> element) implements Serde<E[]> {
        @Override
        public void write(E[] value, BinaryWriter out) {
            out.writeUnsignedVarInt(value.length);
            int start = out.length();
            for (E each : value) {
                element.write(each, out);
            }
            Serdes.requireBytes(value.length, out.length() - start);
        }

        @Override
        @SuppressWarnings("unchecked")
        public E[] read(BinaryReader in) {
            E[] all = (E[]) Array.newInstance(component, in.readCount());
            for (int i = 0; i < all.length; i++) {
                all[i] = element.read(in);
            }
            return all;
        }

        @Override
        public Function<BinaryReader, E[]> reader(String written) {
            return written.equals(schema()) ? this::read : readerOfList(component, element, written);
        }

        @Override
        public String schema() {
            return Serdes.list(element).schema();
        }

        @Override
        public boolean isCanonical() {
            return false;
        }
    }
}
