package io.selvage.api.type;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A value or none, written as what may be null is, with its schema. An optional itself is never null, but where it is a
 * component: that has a byte of its own.
 *
 * @param <O> the optional
 * @param <T> its value
 */
final class OptionalSerde<O, T> extends Serdes.Basic<O> implements Serdes.OfParts {
    private static final long serialVersionUID = 1L;

    private static final Map<Class<?>, Serde<?>> OF_PRIMITIVES = Map.of(
            OptionalInt.class,
            new OptionalSerde<>(
                    Serdes.nullable(Serdes.INTEGER),
                    (OptionalInt v, BinaryWriter out) -> {
                        out.writeBoolean(v.isPresent());
                        if (v.isPresent()) {
                            out.writeVarInt(v.getAsInt());
                        }
                    },
                    in -> in.readBoolean() ? OptionalInt.of(in.readVarInt()) : OptionalInt.empty(),
                    v -> v == null ? OptionalInt.empty() : OptionalInt.of(v)),
            OptionalLong.class,
            new OptionalSerde<>(
                    Serdes.nullable(Serdes.LONG),
                    (OptionalLong v, BinaryWriter out) -> {
                        out.writeBoolean(v.isPresent());
                        if (v.isPresent()) {
                            out.writeVarLong(v.getAsLong());
                        }
                    },
                    in -> in.readBoolean() ? OptionalLong.of(in.readVarLong()) : OptionalLong.empty(),
                    v -> v == null ? OptionalLong.empty() : OptionalLong.of(v)),
            OptionalDouble.class,
            new OptionalSerde<>(
                    Serdes.nullable(Serdes.DOUBLE),
                    (OptionalDouble v, BinaryWriter out) -> {
                        out.writeBoolean(v.isPresent());
                        if (v.isPresent()) {
                            out.writeDouble(v.getAsDouble());
                        }
                    },
                    in -> in.readBoolean() ? OptionalDouble.of(in.readDouble()) : OptionalDouble.empty(),
                    v -> v == null ? OptionalDouble.empty() : OptionalDouble.of(v)));

    private interface Wrap<T, O> extends Function<@Nullable T, O>, java.io.Serializable {}

    private final Serde<T> nullable;
    private final Wrap<T, O> wrap;

    private OptionalSerde(Serde<T> nullable, Serdes.Write<O> write, Serdes.Read<O> read, Wrap<T, O> wrap) {
        super(nullable.schema(), write, read);
        this.nullable = nullable;
        this.wrap = wrap;
    }

    /** Null if it is none of those of primitives. */
    static @Nullable Serde<?> ofPrimitive(Class<?> type) {
        return OF_PRIMITIVES.get(type);
    }

    @SuppressWarnings("NullAway") // Null is what the inner one is for.
    static <T> Serde<Optional<T>> of(Serde<T> value) {
        Serde<T> nullable = Serdes.nullable(value);
        return new OptionalSerde<>(
                nullable,
                (v, out) -> nullable.write(v.orElse(null), out),
                in -> Optional.ofNullable(nullable.read(in)),
                Optional::ofNullable);
    }

    /** With no value. */
    O empty() {
        return wrap.apply(null);
    }

    /** Also what was written as a value that was never null. */
    @Override
    public Function<BinaryReader, O> reader(String written) {
        return written.equals(schema()) ? this::read : nullable.reader(written).andThen(wrap);
    }

    @Override
    public List<Serde<?>> parts() {
        return List.of(nullable);
    }

    @Override
    public boolean isCanonical() {
        return nullable.isCanonical();
    }
}
