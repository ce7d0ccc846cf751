package io.selvage.api.type;

import java.io.Serializable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Generic types, compared by what they are, in a form that travels with the job graph: that of the platform does not.
 * Arguments that are not known when the job is built are {@link Unknown}: they do no harm where nothing is of them.
 */
final class KnownTypes {
    private KnownTypes() {}

    static Parameterized of(ParameterizedType type) {
        return new Parameterized(
                (Class<?>) type.getRawType(),
                Arrays.stream(type.getActualTypeArguments())
                        .map(KnownTypes::known)
                        .toList());
    }

    /** With arguments of which none is known. */
    static Parameterized ofUnknown(Class<?> raw) {
        return new Parameterized(raw, Collections.nCopies(raw.getTypeParameters().length, Unknown.class));
    }

    private static Type known(Type argument) {
        if (argument instanceof Class<?>) {
            return argument;
        }
        if (argument instanceof ParameterizedType parameterized) {
            return of(parameterized);
        }
        if (argument instanceof GenericArrayType array) {
            Type component = known(array.getGenericComponentType());
            return component instanceof Class<?> plain ? plain.arrayType() : new ArrayOf(component);
        }
        return Unknown.class;
    }

    /** The first argument that is not known, at whatever depth, and of what it is one; null: all are. */
    static @Nullable String firstUnknown(ParameterizedType of) {
        for (Type argument : of.getActualTypeArguments()) {
            Type element = argument;
            while (element instanceof GenericArrayType array) {
                element = array.getGenericComponentType();
            }
            if (element instanceof ParameterizedType parameterized) {
                String within = firstUnknown(parameterized);
                if (within != null) {
                    return within;
                }
            } else if (!(element instanceof Class<?>)) {
                return element.getTypeName() + " of " + of.getTypeName();
            }
        }
        return null;
    }

    /** What an argument is that is not known. */
    static final class Unknown {
        private Unknown() {}
    }

    /** Something is of an argument that is not known; who knows where that was given says so. */
    static final class UnknownException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnknownException() {
            super("A type argument is not known when the job is built. Use a concrete type, or pass a Serde.");
        }
    }

    /** @param arguments classes, and types of here */
    record Parameterized(Class<?> raw, List<Type> arguments) implements ParameterizedType, Serializable {
        @Override
        public Type[] getActualTypeArguments() {
            return arguments.toArray(new Type[0]);
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public @Nullable Type getOwnerType() {
            return raw.getDeclaringClass();
        }

        @Override
        public String getTypeName() {
            return raw.getName()
                    + arguments.stream()
                            .map(argument -> argument == Unknown.class ? "?" : argument.getTypeName())
                            .collect(Collectors.joining(", ", "<", ">"));
        }

        @Override
        public String toString() {
            return getTypeName();
        }
    }

    private record ArrayOf(Type component) implements GenericArrayType, Serializable {
        @Override
        public Type getGenericComponentType() {
            return component;
        }

        @Override
        public String getTypeName() {
            return component.getTypeName() + "[]";
        }

        @Override
        public String toString() {
            return getTypeName();
        }
    }
}
