package io.selvage.api.type;

import com.google.common.reflect.TypeToken;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The serdes that come with the API: primitives and their boxes, {@code String}, {@code byte[]}, {@code BigDecimal},
 * {@code BigInteger}, {@code UUID}, time types, enums (by name), records, plain classes, sealed interfaces that permit
 * records or final plain classes, and lists, sets, maps, arrays and optionals of these.
 *
 * <p>A plain class is one of the user's that is not abstract and has a constructor without parameters. Its fields are
 * what the components of a record are, in the order of their names, wherever they are inherited from; none may be
 * final. Those that are transient are left out.
 *
 * <p>Of a record, class or interface with type parameters there is a serde where its type arguments are known: as a
 * component, as what a function's class or a method says, or by a {@link TypeRef}.
 *
 * <p>Components of records and fields may be null; elements of collections and arrays, keys, optionals and records
 * themselves may not.
 */
public final class Serdes {
    public static final Serde<Boolean> BOOLEAN =
            new Basic<>("bool", (v, out) -> out.writeBoolean(v), BinaryReader::readBoolean);
    public static final Serde<Byte> BYTE = new Basic<>("i8", (v, out) -> out.writeByte(v), BinaryReader::readByte);
    public static final Serde<Short> SHORT = new Basic<>("i16", (v, out) -> out.writeShort(v), BinaryReader::readShort);
    public static final Serde<Character> CHARACTER =
            new Basic<>("char", (v, out) -> out.writeChar(v), BinaryReader::readChar);
    public static final Serde<Integer> INTEGER =
            new Basic<>("i32", (v, out) -> out.writeVarInt(v), BinaryReader::readVarInt);
    public static final Serde<Long> LONG =
            new Basic<>("i64", (v, out) -> out.writeVarLong(v), BinaryReader::readVarLong) {
                private static final long serialVersionUID = 1L;

                @Override
                public Function<BinaryReader, Long> reader(String written) {
                    return written.equals("i32") ? in -> (long) in.readVarInt() : super.reader(written);
                }
            };
    public static final Serde<Float> FLOAT = new Basic<>("f32", (v, out) -> out.writeFloat(v), BinaryReader::readFloat);
    public static final Serde<Double> DOUBLE =
            new Basic<>("f64", (v, out) -> out.writeDouble(v), BinaryReader::readDouble) {
                private static final long serialVersionUID = 1L;

                @Override
                public Function<BinaryReader, Double> reader(String written) {
                    return switch (written) {
                        case "i32" -> in -> (double) in.readVarInt();
                        case "f32" -> in -> (double) in.readFloat();
                        default -> super.reader(written);
                    };
                }
            };
    public static final Serde<String> STRING =
            new Basic<>("string", (v, out) -> out.writeString(v), BinaryReader::readString);
    public static final Serde<byte[]> BYTES =
            new Basic<>("bytes", (v, out) -> out.writeByteArray(v), BinaryReader::readByteArray);
    /** Scale and all: 1.0 and 1.00 are not equal, and have different bytes. */
    public static final Serde<BigDecimal> DECIMAL = new Basic<>(
            "decimal",
            (v, out) -> {
                out.writeVarInt(v.scale());
                out.writeByteArray(v.unscaledValue().toByteArray());
            },
            in -> {
                int scale = in.readVarInt();
                return new BigDecimal(readInteger(in), scale);
            });

    public static final Serde<BigInteger> BIG_INTEGER =
            new Basic<>("bigint", (v, out) -> out.writeByteArray(v.toByteArray()), Serdes::readInteger);
    public static final Serde<UUID> UNIQUE_ID = new Basic<>(
            "uuid",
            (v, out) -> {
                out.writeLong(v.getMostSignificantBits());
                out.writeLong(v.getLeastSignificantBits());
            },
            in -> new UUID(in.readLong(), in.readLong()));

    public static final Serde<Instant> INSTANT = new Basic<>(
            "instant",
            (v, out) -> {
                out.writeVarLong(v.getEpochSecond());
                out.writeUnsignedVarInt(v.getNano());
            },
            in -> dated(() -> Instant.ofEpochSecond(in.readVarLong(), readNanos(in))));
    public static final Serde<Duration> DURATION = new Basic<>(
            "duration",
            (v, out) -> {
                out.writeVarLong(v.getSeconds());
                out.writeUnsignedVarInt(v.getNano());
            },
            in -> Duration.ofSeconds(in.readVarLong(), readNanos(in)));
    public static final Serde<LocalDate> LOCAL_DATE = new Basic<>(
            "date",
            (v, out) -> out.writeVarLong(v.toEpochDay()),
            in -> dated(() -> LocalDate.ofEpochDay(in.readVarLong())));
    public static final Serde<LocalTime> LOCAL_TIME = new Basic<>(
            "time",
            (v, out) -> out.writeVarLong(v.toNanoOfDay()),
            in -> dated(() -> LocalTime.ofNanoOfDay(in.readVarLong())));
    public static final Serde<LocalDateTime> LOCAL_DATE_TIME = new Basic<>(
            "datetime",
            (v, out) -> {
                LOCAL_DATE.write(v.toLocalDate(), out);
                LOCAL_TIME.write(v.toLocalTime(), out);
            },
            in -> LocalDateTime.of(LOCAL_DATE.read(in), LOCAL_TIME.read(in)));
    /** Two that are the same instant at different offsets are not equal, and have different bytes. */
    public static final Serde<OffsetDateTime> OFFSET_DATE_TIME = new Basic<>(
            "offsetdatetime",
            (v, out) -> {
                LOCAL_DATE_TIME.write(v.toLocalDateTime(), out);
                out.writeVarInt(v.getOffset().getTotalSeconds());
            },
            in -> OffsetDateTime.of(LOCAL_DATE_TIME.read(in), dated(() -> ZoneOffset.ofTotalSeconds(in.readVarInt()))));

    private static final Map<Class<?>, Serde<?>> BUILT_IN = builtIn();

    private Serdes() {}

    private static BigInteger readInteger(BinaryReader in) {
        byte[] bytes = in.readByteArray();
        if (bytes.length == 0) {
            throw new CorruptDataException("a number of no bytes before offset " + in.position());
        }
        BigInteger value = new BigInteger(bytes);
        if (value.bitLength() / Byte.SIZE + 1 != bytes.length) {
            throw new CorruptDataException("a number of more bytes than it needs before offset " + in.position());
        }
        return value;
    }

    private static int readNanos(BinaryReader in) {
        int nanos = in.readUnsignedVarInt();
        if (nanos < 0 || nanos > 999_999_999) {
            throw new CorruptDataException(
                    Integer.toUnsignedString(nanos) + " nanoseconds of a second before offset " + in.position());
        }
        return nanos;
    }

    private static <T> T dated(Supplier<T> value) {
        try {
            return value.get();
        } catch (DateTimeException e) {
            throw new CorruptDataException("a time that there is not: " + e.getMessage(), e);
        }
    }

    private static CorruptDataException twice(String what, BinaryReader in) {
        return new CorruptDataException(what + " that is there twice before offset " + in.position()
                + ": the bytes are damaged, or the serde leaves out what tells two of them apart");
    }

    /** So that {@link BinaryReader#readCount} takes it. */
    static void requireBytes(int count, int bytes) {
        if (count > BinaryReader.MOST_WITHOUT_BYTES && bytes < count) {
            throw new IllegalArgumentException(count + " elements of a collection are written as " + bytes
                    + " bytes. Of elements that have none it may hold " + BinaryReader.MOST_WITHOUT_BYTES
                    + ": count them instead.");
        }
    }

    /** @throws UnsupportedTypeException naming the type and the remedy */
    @SuppressWarnings("unchecked")
    public static <T> Serde<T> of(Class<T> type) {
        return (Serde<T>) of((Type) type);
    }

    /** @throws UnsupportedTypeException naming the type and the remedy */
    public static Serde<?> of(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return ofParameterized(parameterized);
        }
        if (type instanceof Class<?> plain) {
            return ofClass(plain, "");
        }
        if (type instanceof GenericArrayType array) {
            Type component = array.getGenericComponentType();
            return ArraySerde.of(TypeToken.of(component).getRawType(), of(component));
        }
        throw new UnsupportedTypeException("The type " + type.getTypeName()
                + " is not known when the job is built. Use a concrete type, or pass a Serde.");
    }

    /** @throws UnsupportedTypeException naming the type and the remedy */
    @SuppressWarnings("unchecked")
    public static <T> Serde<T> of(TypeRef<T> type) {
        return (Serde<T>) of(type.type());
    }

    public static <T> Serde<List<T>> list(Serde<T> element) {
        return new ListSerde<>(element);
    }

    public static <T> Serde<Set<T>> set(Serde<T> element) {
        return new SetSerde<>(ArraySerde.requireNone(element, "elements of a set"));
    }

    public static <K, V> Serde<Map<K, V>> map(Serde<K> key, Serde<V> value) {
        return new MapSerde<>(ArraySerde.requireNone(key, "keys of a map"), value);
    }

    public static <T> Serde<Optional<T>> optional(Serde<T> value) {
        return OptionalSerde.of(value);
    }

    static <T> Serde<T> nullable(Serde<T> serde) {
        return new NullableSerde<>(serde);
    }

    /** @param dimensions of the array that it is the element of, as the source has them; empty: it is of none */
    private static Serde<?> ofClass(Class<?> type, String dimensions) {
        Serde<?> builtIn = BUILT_IN.get(type);
        if (builtIn != null) {
            return builtIn;
        }
        Serde<?> optional = OptionalSerde.ofPrimitive(type);
        if (optional != null) {
            return optional;
        }
        if (type.isArray()) {
            Class<?> component = type.getComponentType();
            return component.isPrimitive()
                    ? ArraySerde.ofPrimitives(component)
                    : ArraySerde.of(component, ofClass(component, dimensions + "[]"));
        }
        if (type.isEnum()) {
            return enumSerde(type);
        }
        if (type == KnownTypes.Unknown.class) {
            throw new KnownTypes.UnknownException();
        }
        boolean isGeneric = type.getTypeParameters().length > 0;
        if (isOfUser(type) && !isGeneric) {
            return perType(type, type, () -> PER_CLASS.get(type));
        }
        if (isOfUser(type)) {
            try {
                return of(KnownTypes.ofUnknown(type));
            } catch (KnownTypes.UnknownException e) {
                // It takes a type argument.
            }
        }
        throw new UnsupportedTypeException("The type " + type.getTypeName()
                + (isGeneric ? dimensions + reasonOfGeneric(type, dimensions) : reason(type)) + ".");
    }

    /** Whether it is of a kind that is written as what it is made of. */
    private static boolean isOfUser(Class<?> type) {
        return type.isRecord() || type.isSealed() && type.isInterface() || PlainClass.isMeant(type);
    }

    private static String reasonOfGeneric(Class<?> type, String dimensions) {
        return " is generic, and its type arguments are not known here. Refer to a method that returns it with them,"
                + " instead of a lambda, or pass a Serde: Serdes.of(new TypeRef<" + type.getSimpleName() + "<...>"
                + dimensions + ">() {})";
    }

    private static String reason(Class<?> type) {
        if (type == ZonedDateTime.class) {
            return " has no serde: the rules of zones change, and what is written under some may be another time under"
                    + " others. Take an Instant, or an OffsetDateTime, with the zone's id in a String beside it, or"
                    + " pass a Serde of your own";
        }
        return " has no serde. Make it a record or a plain class of supported types, or a sealed interface of such, or"
                + " pass a Serde of your own";
    }

    // A class value goes with its class, so a user's class loader is not held by this cache.
    private static final ClassValue<Serde<?>> PER_CLASS = new ClassValue<>() {
        @Override
        protected Serde<?> computeValue(Class<?> type) {
            return compose(type, null);
        }
    };

    private static Serde<?> compose(Class<?> type, KnownTypes.@Nullable Parameterized generic) {
        return type.isInterface() ? new SealedSerde<>(type, generic) : new RecordSerde<>(type, generic);
    }

    /** Owned by one thread: of what types serdes are being composed, and of which that is done. */
    private static final class Composition {
        private final Map<Type, Class<?>> underWay = new HashMap<>();
        private final Map<Type, Serde<?>> done = new HashMap<>(); // So that a type that occurs again is composed once.
    }

    private static final ThreadLocal<Composition> COMPOSITION = ThreadLocal.withInitial(Composition::new);

    /** A generic type may be an argument of itself, as pairs of pairs are. */
    private static final int MOST_WITHIN_ITSELF = 16;

    /**
     * @param raw the class of the type
     * @throws UnsupportedTypeException if a value of the type may hold another one, at whatever depth
     */
    private static Serde<?> perType(Type type, Class<?> raw, Supplier<Serde<?>> serde) {
        Composition composition = COMPOSITION.get();
        Serde<?> done = composition.done.get(type);
        if (done != null) {
            return done;
        }
        Map<Type, Class<?>> underWay = composition.underWay;
        if (underWay.containsKey(type) || Collections.frequency(underWay.values(), raw) == MOST_WITHIN_ITSELF) {
            throw new UnsupportedTypeException("The type " + raw.getName() + " is made of values of its own type"
                    + (raw.getTypeParameters().length == 0
                            ? ""
                            : ", or more than " + MOST_WITHIN_ITSELF + " deep in itself")
                    + ", and has no serde. Make it flat, or pass a Serde of your own.");
        }
        underWay.put(type, raw);
        try {
            Serde<?> composed = serde.get();
            composition.done.put(type, composed);
            return composed;
        } finally {
            underWay.remove(type);
            if (underWay.isEmpty()) {
                composition.done.clear(); // Nothing here holds a user's class loader.
            }
        }
    }

    private static Serde<?> ofParameterized(ParameterizedType type) {
        Type[] arguments = type.getActualTypeArguments();
        if (type.getRawType() == List.class) {
            return list(of(arguments[0]));
        }
        if (type.getRawType() == Set.class) {
            return set(of(arguments[0]));
        }
        if (type.getRawType() == Map.class) {
            return map(of(arguments[0]), of(arguments[1]));
        }
        if (type.getRawType() == Optional.class) {
            return optional(of(arguments[0]));
        }
        Class<?> raw = (Class<?>) type.getRawType();
        if (isOfUser(raw)) {
            KnownTypes.Parameterized known = KnownTypes.of(type);
            try {
                return perType(known, raw, () -> compose(raw, known));
            } catch (KnownTypes.UnknownException e) {
                String unknown = KnownTypes.firstUnknown(type);
                if (unknown == null) {
                    throw e; // It is an argument of what this one is within.
                }
                throw new UnsupportedTypeException("The type argument " + unknown
                        + " is not known when the job is built. Use a concrete type, or pass a Serde.");
            }
        }
        throw new UnsupportedTypeException("The type " + type.getTypeName()
                + " has no serde: of generic types List, Set, Map and Optional have one, and so have records, plain"
                + " classes and sealed interfaces. Declare it as one of these, or pass a Serde of your own.");
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Serde<?> enumSerde(Class<?> type) {
        return new EnumSerde(type);
    }

    private static Map<Class<?>, Serde<?>> builtIn() {
        Map<Class<?>, Serde<?>> all = new HashMap<>();
        all.put(Boolean.class, BOOLEAN);
        all.put(boolean.class, BOOLEAN);
        all.put(Byte.class, BYTE);
        all.put(byte.class, BYTE);
        all.put(Short.class, SHORT);
        all.put(short.class, SHORT);
        all.put(Character.class, CHARACTER);
        all.put(char.class, CHARACTER);
        all.put(Integer.class, INTEGER);
        all.put(int.class, INTEGER);
        all.put(Long.class, LONG);
        all.put(long.class, LONG);
        all.put(Float.class, FLOAT);
        all.put(float.class, FLOAT);
        all.put(Double.class, DOUBLE);
        all.put(double.class, DOUBLE);
        all.put(String.class, STRING);
        all.put(byte[].class, BYTES);
        all.put(BigDecimal.class, DECIMAL);
        all.put(BigInteger.class, BIG_INTEGER);
        all.put(UUID.class, UNIQUE_ID);
        all.put(Instant.class, INSTANT);
        all.put(Duration.class, DURATION);
        all.put(LocalDate.class, LOCAL_DATE);
        all.put(LocalTime.class, LOCAL_TIME);
        all.put(LocalDateTime.class, LOCAL_DATE_TIME);
        all.put(OffsetDateTime.class, OFFSET_DATE_TIME);
        return Map.copyOf(all);
    }

    /** Whether it writes integers of four or eight bytes as {@link BinaryWriter#writeVarLong} does. */
    public static boolean isOfVarLongs(Serde<?> serde) {
        return serde instanceof Basic<?> basic && (basic.schema.equals("i64") || basic.schema.equals("i32"));
    }

    /** Values hold those of other serdes, and are equal if these are. */
    interface OfParts {
        List<Serde<?>> parts();
    }

    interface Write<T> extends BiConsumer<T, BinaryWriter>, java.io.Serializable {}

    interface Read<T> extends Function<BinaryReader, T>, java.io.Serializable {}

    static class Basic<T> implements Serde<T> {
        private static final long serialVersionUID = 1L;

        private final String schema;
        private final Write<T> write;
        private final Read<T> read;

        Basic(String schema, Write<T> write, Read<T> read) {
            this.schema = schema;
            this.write = write;
            this.read = read;
        }

        @Override
        public void write(T value, BinaryWriter out) {
            write.accept(value, out);
        }

        @Override
        public T read(BinaryReader in) {
            return read.apply(in);
        }

        @Override
        public String schema() {
            return schema;
        }
    }

    /** One byte that says whether a value follows. */
    record NullableSerde<T>(Serde<T> serde) implements Serde<T>, OfParts {
        @Override
        public List<Serde<?>> parts() {
            return List.of(serde);
        }

        @Override
        @SuppressWarnings("NullAway") // null is what this serde is for
        public void write(T value, BinaryWriter out) {
            out.writeBoolean(value != null);
            if (value != null) {
                serde.write(value, out);
            }
        }

        @Override
        @SuppressWarnings("NullAway")
        public T read(BinaryReader in) {
            return in.readBoolean() ? serde.read(in) : null;
        }

        @Override
        public String schema() {
            return serde.schema() + "?";
        }

        @Override
        @SuppressWarnings("NullAway")
        public Function<BinaryReader, T> reader(String written) {
            if (!Schemas.isNullable(written)
                    || serde instanceof OptionalSerde && !Schemas.isNullable(Schemas.notNull(written))) {
                return serde.reader(written); // What may have been null has become optional, and is empty then.
            }
            Function<BinaryReader, T> value = serde.reader(Schemas.notNull(written));
            return in -> in.readBoolean() ? value.apply(in) : null;
        }

        @Override
        public boolean isCanonical() {
            return isCanonicalWithin(serde);
        }
    }

    /** An array by itself is compared by its bytes; where a record or a list compares it, by its identity. */
    private static boolean isCanonicalWithin(Serde<?> serde) {
        return serde.isCanonical() && !serde.schema().equals(BYTES.schema());
    }

    private record EnumSerde<T extends Enum<T>>(Class<T> type) implements Serde<T> {
        @Override
        public void write(T value, BinaryWriter out) {
            out.writeString(value.name());
        }

        @Override
        public T read(BinaryReader in) {
            String name = in.readString();
            try {
                return Enum.valueOf(type, name);
            } catch (IllegalArgumentException e) {
                throw new CorruptDataException(type.getName() + " has no constant " + name);
            }
        }

        @Override
        public String schema() {
            return "enum " + type.getName();
        }
    }

    private record ListSerde<T>(Serde<T> element) implements Serde<List<T>>, OfParts {
        @Override
        public List<Serde<?>> parts() {
            return List.of(element);
        }

        @Override
        public void write(List<T> value, BinaryWriter out) {
            out.writeUnsignedVarInt(value.size());
            int start = out.length();
            for (T each : value) {
                element.write(each, out);
            }
            requireBytes(value.size(), out.length() - start);
        }

        @Override
        public List<T> read(BinaryReader in) {
            return read(in, element::read);
        }

        private List<T> read(BinaryReader in, Function<BinaryReader, T> elements) {
            int size = in.readCount();
            List<T> list = new ArrayList<>(Math.min(size, in.remaining()));
            for (int i = 0; i < size; i++) {
                list.add(elements.apply(in));
            }
            return list;
        }

        @Override
        public Function<BinaryReader, List<T>> reader(String written) {
            Function<BinaryReader, T> elements = element.reader(
                    Schemas.argumentsOf(written, "list", 1, schema()).get(0));
            return in -> read(in, elements);
        }

        @Override
        public String schema() {
            return "list<" + element.schema() + ">";
        }

        @Override
        public boolean isCanonical() {
            return isCanonicalWithin(element);
        }
    }

    private record SetSerde<T>(Serde<T> element) implements Serde<Set<T>>, OfParts {
        @Override
        public List<Serde<?>> parts() {
            return List.of(element);
        }

        @Override
        public void write(Set<T> value, BinaryWriter out) {
            out.writeUnsignedVarInt(value.size());
            int start = out.length();
            for (T each : value) {
                element.write(each, out);
            }
            requireBytes(value.size(), out.length() - start);
        }

        @Override
        public Set<T> read(BinaryReader in) {
            int size = in.readCount();
            Set<T> set = new LinkedHashSet<>();
            for (int i = 0; i < size; i++) {
                if (!set.add(element.read(in))) {
                    throw twice("an element of a set", in);
                }
            }
            return set;
        }

        @Override
        public String schema() {
            return "set<" + element.schema() + ">";
        }

        @Override
        public boolean isCanonical() {
            return false; // iteration order is not part of a set's identity
        }
    }

    private record MapSerde<K, V>(Serde<K> key, Serde<V> value) implements Serde<Map<K, V>>, OfParts {
        @Override
        public List<Serde<?>> parts() {
            return List.of(key, value);
        }

        @Override
        public void write(Map<K, V> map, BinaryWriter out) {
            out.writeUnsignedVarInt(map.size());
            int start = out.length();
            for (Map.Entry<K, V> entry : map.entrySet()) {
                key.write(entry.getKey(), out);
                value.write(entry.getValue(), out);
            }
            requireBytes(map.size(), out.length() - start);
        }

        @Override
        public Map<K, V> read(BinaryReader in) {
            return read(in, value::read);
        }

        private Map<K, V> read(BinaryReader in, Function<BinaryReader, V> values) {
            int size = in.readCount();
            Map<K, V> map = new LinkedHashMap<>();
            for (int i = 0; i < size; i++) {
                K k = key.read(in);
                if (map.put(k, values.apply(in)) != null) {
                    throw twice("a key of a map", in);
                }
            }
            return map;
        }

        /** Keys stay as they are: of two that differ, none must become the other. */
        @Override
        public Function<BinaryReader, Map<K, V>> reader(String written) {
            List<String> arguments = Schemas.argumentsOf(written, "map", 2, schema());
            if (!arguments.get(0).equals(key.schema())) {
                throw new IncompatibleSchemaException(written, schema());
            }
            Function<BinaryReader, V> values = value.reader(arguments.get(1));
            return in -> read(in, values);
        }

        @Override
        public String schema() {
            return "map<" + key.schema() + "," + value.schema() + ">";
        }

        @Override
        public boolean isCanonical() {
            return false;
        }
    }
}
