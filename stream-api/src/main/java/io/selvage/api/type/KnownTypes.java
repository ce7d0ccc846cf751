package io.selvage.api.type;

import java.io.Serializable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Generic types whose arguments are all known, compared by what they are, in a form that travels with the job graph:
 * that of the platform does not.
 */
final class KnownTypes {
    private KnownTypes() {}

    /** @throws UnsupportedTypeException naming the argument that is not known, at whatever depth */
    static Parameterized of(ParameterizedType type) {
        return new Parameterized(
                (Class<?>) type.getRawType(),
                Arrays.stream(type.getActualTypeArguments())
                        .map(argument -> known(argument, type))
                        .toList());
    }

    private static Type known(Type argument, ParameterizedType of) {
        if (argument instanceof Class<?>) {
            return argument;
        }
        if (argument instanceof ParameterizedType parameterized) {
            return of(parameterized);
        }
        if (argument instanceof GenericArrayType array) {
            Type component = known(array.getGenericComponentType(), of);
            return component instanceof Class<?> plain ? plain.arrayType() : new ArrayOf(component);
        }
        throw new UnsupportedTypeException("The type argument " + argument.getTypeName() + " of " + of.getTypeName()
                + " is not known when the job is built. Use a concrete type, or pass a Serde.");
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
                    + arguments.stream().map(Type::getTypeName).collect(Collectors.joining(", ", "<", ">"));
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
