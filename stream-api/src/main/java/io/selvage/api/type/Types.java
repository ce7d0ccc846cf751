package io.selvage.api.type;

import com.google.common.reflect.TypeToken;
import java.io.Serializable;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;

/** Reads the types that a user's function is made of, so that the user need not repeat them. */
public final class Types {
    private Types() {}

    /**
     * The serde of what a function returns: of a lambda or method reference from its {@link SerializedLambda}, of a
     * class from the type arguments it gives to the interface.
     *
     * @param declared the functional interface
     * @param argument which type parameter of the interface is the result's
     * @param operation named in the error, as is the overload that takes a serde
     * @throws UnsupportedTypeException if the type cannot be told
     */
    public static Serde<?> resultOf(Serializable function, Class<?> declared, int argument, String operation) {
        Type type = isLambda(function)
                ? lambdaResult(function, operation)
                : argumentOf(function, declared, argument, operation);
        return serde(type, operation);
    }

    /** The serde of a type argument that a class gives to an interface; lambdas don't tell theirs. */
    public static Serde<?> argument(Object function, Class<?> declared, int argument, String operation) {
        return serde(argumentOf(function, declared, argument, operation), operation);
    }

    private static Serde<?> serde(Type type, String operation) {
        try {
            return Serdes.of(type);
        } catch (UnsupportedTypeException e) {
            throw new UnsupportedTypeException("In " + operation + ": " + e.getMessage());
        }
    }

    private static Type argumentOf(Object function, Class<?> declared, int argument, String operation) {
        TypeVariable<?> variable = declared.getTypeParameters()[argument];
        Type type = TypeToken.of(function.getClass()).resolveType(variable).getType();
        if (isLambda(function) || type instanceof TypeVariable) {
            throw new UnsupportedTypeException("In " + operation + ": the type " + variable.getName()
                    + " cannot be read off the function. Use the overload that takes a class or a Serde.");
        }
        return type;
    }

    private static Type lambdaResult(Serializable function, String operation) {
        SerializedLambda lambda = serialized(function, operation);
        MethodType type = MethodType.fromMethodDescriptorString(
                lambda.getInstantiatedMethodType(), function.getClass().getClassLoader());
        if (type.returnType() == Object.class) {
            throw new UnsupportedTypeException("In " + operation
                    + ": the compiler has erased the result's type of this lambda."
                    + " Use the overload that takes a class or a Serde.");
        }
        return type.returnType();
    }

    private static boolean isLambda(Object function) {
        return function.getClass().isHidden() || function.getClass().isSynthetic();
    }

    private static SerializedLambda serialized(Serializable function, String operation) {
        try {
            Method writeReplace = function.getClass().getDeclaredMethod("writeReplace");
            writeReplace.setAccessible(true);
            return (SerializedLambda) writeReplace.invoke(function);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedTypeException("In " + operation
                    + ": the function's type cannot be read (" + e
                    + "). Use the overload that takes a class or a Serde.");
        }
    }
}
