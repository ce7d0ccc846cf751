package io.selvage.api.type;

import static java.lang.invoke.MethodType.methodType;

import com.google.common.reflect.TypeToken;
import java.io.ObjectStreamException;
import java.io.Serial;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a record component by component, in the order of declaration, without boxing primitives: the components'
 * accessors and writers are composed into one method handle, and so are their readers and the constructor. A
 * {@linkplain PlainClass plain class} is written as a record of its fields would be.
 */
final class RecordSerde<T> implements Serde<T>, Serdes.OfParts {
    private static final long serialVersionUID = 1L;

    /** A method takes 255 words, a {@code long} and a {@code double} are two, and handles have some of their own. */
    private static final int MOST_WORDS = 250;

    private final Class<T> type;
    private final KnownTypes.@Nullable Parameterized generic; // Null: it has no type parameters.
    private final transient MethodHandle constructor; // Of a record (components...)T, of a plain class ()T.
    private final transient List<Component> components;
    private final transient MethodHandle writer; // (Object, BinaryWriter)void
    private final transient MethodHandle reader; // (BinaryReader)Object
    private final transient String schema;
    private final transient boolean canonical;
    private final transient boolean hasOwnEquals;

    RecordSerde(Class<T> type, KnownTypes.@Nullable Parameterized generic) {
        this.type = type;
        this.generic = generic;
        TypeToken<?> whole = TypeToken.of(generic == null ? type : generic);
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            if (type.isRecord()) {
                this.components = Component.ofRecord(whole, lookup);
                this.constructor = lookup.findConstructor(type, methodType(void.class, types(components)));
            } else {
                this.constructor = PlainClass.constructor(type, lookup);
                this.components = PlainClass.components(whole);
            }
            requireFew(type, components);
            this.writer = composeWriter();
            this.reader = composeReader();
            this.schema = describe(type, components);
            this.canonical = components.stream().allMatch(each -> each.serde().isCanonical())
                    && (type.isRecord() || PlainClass.isCompared(type));
            this.hasOwnEquals = hasOwnEquals(type);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedTypeException("The type " + type.getName()
                    + " cannot be opened for serialization (" + e.getMessage()
                    + "). Make it accessible to io.selvage (open its package), or pass a Serde of your own.");
        }
    }

    private static void requireFew(Class<?> type, List<Component> components) {
        int words = 0;
        for (Component each : components) {
            words += each.type() == long.class || each.type() == double.class ? 2 : 1;
        }
        if (words > MOST_WORDS) {
            throw new UnsupportedTypeException("The type " + type.getName() + " has " + components.size()
                    + " components, of " + words + " words (long and double are two), and a serde can have "
                    + MOST_WORDS + ". Put some of them into records of their own, or pass a Serde of your own.");
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
        Object[] absent = components.stream().map(Component::absent).toArray();
        MethodHandle creator = creator(was.components().keySet())
                .asSpreader(Object[].class, absent.length)
                .asType(methodType(Object.class, Object[].class));
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
            return create(creator, values);
        };
    }

    /** Reads one component as it was written into those that there are now. */
    private interface Part {
        void read(BinaryReader in, Object[] values);
    }

    private Part partOf(String name, String schemaThen) {
        for (int i = 0; i < components.size(); i++) {
            if (components.get(i).name().equals(name)) {
                int place = i;
                Function<BinaryReader, ?> value = components.get(i).serde().reader(schemaThen);
                return (in, values) -> values[place] = value.apply(in);
            }
        }
        Consumer<BinaryReader> over = Schemas.skipping(schemaThen);
        return (in, values) -> over.accept(in);
    }

    @SuppressWarnings("unchecked")
    private T create(MethodHandle creator, Object[] values) {
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
                "The type " + type.getName() + " refuses what was read for it: " + thrown
                        + ". The bytes are damaged, or its constructor takes less than it did when they were written.",
                thrown);
    }

    /** None if the class says itself what is equal. */
    @Override
    public List<Serde<?>> parts() {
        return hasOwnEquals
                ? List.of()
                : components.stream().<Serde<?>>map(Component::serde).toList();
    }

    /** The compiler makes one of a record that is final; a plain class has none that it makes. */
    private static boolean hasOwnEquals(Class<?> type) throws NoSuchMethodException {
        Method equals = type.getMethod("equals", Object.class);
        return type.isRecord() ? !Modifier.isFinal(equals.getModifiers()) : equals.getDeclaringClass() != Object.class;
    }

    @Override
    public boolean isCanonical() {
        return canonical;
    }

    @Serial
    private Object readResolve() throws ObjectStreamException {
        return generic == null ? Serdes.of(type) : Serdes.of(generic);
    }

    private MethodHandle composeWriter() throws ReflectiveOperationException {
        MethodHandle all = MethodHandles.empty(methodType(void.class, type, BinaryWriter.class));
        for (int i = components.size() - 1; i >= 0; i--) {
            MethodHandle one = components.get(i).writer(); // (C, BinaryWriter)void
            all = MethodHandles.foldArguments(
                    all, MethodHandles.filterArguments(one, 0, components.get(i).getter()));
        }
        all = all.asType(methodType(void.class, Object.class, BinaryWriter.class));
        if (!Modifier.isFinal(type.getModifiers())) {
            MethodHandle check = MethodHandles.lookup()
                    .findStatic(RecordSerde.class, "requireOfType", methodType(void.class, Class.class, Object.class));
            all = MethodHandles.foldArguments(all, check.bindTo(type));
        }
        return all;
    }

    /** What a subclass adds would be lost. */
    private static void requireOfType(Class<?> type, Object value) {
        if (value.getClass() != type) {
            throw new IllegalArgumentException("A value of " + value.getClass().getName()
                    + " can't be written as one of " + type.getName() + ": what a subclass adds would be lost. Give"
                    + " the stream or the state the type of its values, which is a sealed interface of records or"
                    + " final classes if there are several.");
        }
    }

    private MethodHandle composeReader() throws ReflectiveOperationException {
        MethodHandle all = creator(components.stream().map(Component::name).collect(Collectors.toSet()));
        // What is collected last runs first, so the components are read in order.
        for (int i = components.size() - 1; i >= 0; i--) {
            all = MethodHandles.collectArguments(all, i, components.get(i).reader());
        }
        all = MethodHandles.permuteArguments(all, methodType(type, BinaryReader.class), new int[components.size()]);
        return all.asType(methodType(Object.class, BinaryReader.class));
    }

    /** (components...)T. A field that is not among those stays as the constructor has left it. */
    private MethodHandle creator(Set<String> names) {
        if (type.isRecord()) {
            return constructor;
        }
        Class<?>[] types = types(components);
        MethodHandle all = MethodHandles.dropArguments(MethodHandles.identity(type), 1, types); // (T, components...)T
        for (int i = 0; i < types.length; i++) {
            Component each = components.get(i);
            if (each.setter() != null && names.contains(each.name())) {
                Class<?>[] before = Arrays.copyOf(types, i);
                all = MethodHandles.foldArguments(all, MethodHandles.dropArguments(each.setter(), 1, before));
            }
        }
        return MethodHandles.foldArguments(all, constructor);
    }

    private static Class<?>[] types(List<Component> components) {
        return components.stream().map(Component::type).toArray(Class<?>[]::new);
    }

    private static String describe(Class<?> type, List<Component> components) {
        return "record " + type.getName()
                + components.stream()
                        .map(each -> each.name() + ":" + each.serde().schema())
                        .collect(Collectors.joining(",", "(", ")"));
    }
}
