package io.selvage.api.type;

import com.google.common.reflect.TypeToken;
import java.io.Serializable;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
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

    /** The serde of a type that an operation is given. */
    @SuppressWarnings("unchecked")
    public static <T> Serde<T> of(Class<T> type, String operation) {
        return (Serde<T>) serde(type, operation);
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
        ClassLoader loader = function.getClass().getClassLoader();
        Class<?> result = MethodType.fromMethodDescriptorString(lambda.getInstantiatedMethodType(), loader)
                .returnType();
        if (result == Object.class) {
            throw new UnsupportedTypeException("In " + operation
                    + ": the compiler has erased the result's type of this lambda."
                    + " Use the overload that takes a class or a Serde.");
        }
        Class<?> element = result;
        while (element.isArray()) {
            element = element.getComponentType();
        }
        return element.getTypeParameters().length == 0 ? result : declaredResult(lambda, result, loader);
    }

    /** With its type arguments, if it is what a method that is referred to declares; else as it is. */
    private static Type declaredResult(SerializedLambda lambda, Class<?> result, ClassLoader loader) {
        try {
            Method method = Class.forName(lambda.getImplClass().replace('/', '.'), false, loader)
                    .getDeclaredMethod(
                            lambda.getImplMethodName(),
                            MethodType.fromMethodDescriptorString(lambda.getImplMethodSignature(), loader)
                                    .parameterArray());
            Type declared = method.getGenericReturnType();
            return (declared instanceof ParameterizedType || declared instanceof GenericArrayType)
                            && result.isAssignableFrom(method.getReturnType())
                    ? supertype(TypeToken.of(declared), result)
                    : result;
        } catch (ClassNotFoundException | NoSuchMethodException | LinkageError | TypeNotPresentException unknown) {
            return result; // As of a constructor, or of a class some of whose types are not there.
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> Type supertype(TypeToken<T> declared, Class<?> result) {
        return declared.getSupertype((Class<? super T>) result).getType();
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
