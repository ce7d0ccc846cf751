package io.selvage.api.type;

import static java.lang.invoke.MethodType.methodType;

import com.google.common.reflect.TypeToken;
import java.io.Externalizable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which classes are taken for records of their fields: those of the user, not abstract, that have a constructor without
 * parameters, and whose fields, inherited ones too, can be set and have serdes. What is static or transient is left
 * out.
 */
final class PlainClass {
    private PlainClass() {}

    /** Whether it is one, or its author is to be told why it is not. */
    static boolean isMeant(Class<?> type) {
        return !Modifier.isAbstract(type.getModifiers()) && !isOfPlatform(type); // Interfaces and arrays are abstract.
    }

    /** Of those classes fields can't be read, and are nobody's promise. */
    private static boolean isOfPlatform(Class<?> type) {
        return type.getClassLoader() == null || type.getClassLoader() == ClassLoader.getPlatformClassLoader();
    }

    static MethodHandle constructor(Class<?> type, MethodHandles.Lookup lookup) throws IllegalAccessException {
        try {
            return lookup.findConstructor(type, methodType(void.class));
        } catch (NoSuchMethodException e) {
            throw type.isMemberClass() && !Modifier.isStatic(type.getModifiers())
                    ? refused(type, "as each of its objects belongs to one of the class around it", "Make it static")
                    : refused(type, "as it has no constructor without parameters", "Add one, or make it a record");
        }
    }

    /** By name, in whichever class a field is: so that order is the same in every virtual machine. */
    static List<Component> components(TypeToken<?> whole) throws IllegalAccessException {
        Class<?> type = whole.getRawType();
        List<Component> components = new ArrayList<>();
        for (Field field : fields(type)) {
            if (Modifier.isFinal(field.getModifiers())) {
                throw refused(
                        type,
                        "as its field " + field.getName() + " is final and can't be set",
                        "Make the class a record, or the field not final, or transient");
            }
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(field.getDeclaringClass(), MethodHandles.lookup());
            components.add(new Component(
                    field.getName(),
                    field.getType(),
                    Component.serde(whole, field.getName(), field.getType(), field.getGenericType()),
                    lookup.unreflectGetter(field).asType(methodType(field.getType(), type)),
                    lookup.unreflectSetter(field).asType(methodType(void.class, type, field.getType()))));
        }
        return components;
    }

    /** Whether equals and hashCode are such that all fields may take part: no field is declared below them. */
    static boolean isCompared(Class<?> type) throws NoSuchMethodException {
        Class<?> equals = type.getMethod("equals", Object.class).getDeclaringClass();
        Class<?> hashCode = type.getMethod("hashCode").getDeclaringClass();
        return equals != Object.class
                && hashCode != Object.class
                && fields(type).stream()
                        .map(Field::getDeclaringClass)
                        .allMatch(each -> each.isAssignableFrom(equals) && each.isAssignableFrom(hashCode));
    }

    private static List<Field> fields(Class<?> type) {
        Map<String, Field> fields = new TreeMap<>();
        for (Class<?> each = type; each != Object.class; each = each.getSuperclass()) {
            if (isOfPlatform(each)) {
                throw refused(
                        type,
                        "as it extends " + each.getName() + ", whose fields are its own",
                        "Have one in a field, if that has a serde");
            }
            for (Field field : each.getDeclaredFields()) {
                if (!isLeftOut(type, field)) {
                    Field other = fields.put(field.getName(), field);
                    if (other != null) {
                        throw refused(
                                type,
                                "as " + other.getDeclaringClass().getName() + " and " + each.getName()
                                        + " both have a field " + field.getName(),
                                "Rename one of them");
                    }
                }
            }
        }
        return List.copyOf(fields.values());
    }

    private static boolean isLeftOut(Class<?> type, Field field) {
        if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) {
            return true;
        }
        boolean isTransient = Modifier.isTransient(field.getModifiers());
        if (isTransient) {
            // A base class may leave it to the classes that extend it.
            for (Class<?> each = type; each != field.getDeclaringClass().getSuperclass(); each = each.getSuperclass()) {
                if (writesItself(each)) {
                    throw refused(
                            type,
                            "as its field " + field.getName()
                                    + " is transient, and what it holds is written by a method of " + each.getName(),
                            "Have the values in fields that have serdes");
                }
            }
        }
        return isTransient;
    }

    /** As collections of libraries do: their fields don't tell what they hold. */
    private static boolean writesItself(Class<?> type) {
        return Externalizable.class.isAssignableFrom(type)
                || Arrays.stream(type.getDeclaredMethods())
                        .map(Method::getName)
                        .anyMatch(name -> name.equals("writeObject") || name.equals("writeReplace"));
    }

    private static UnsupportedTypeException refused(Class<?> type, String reason, String remedy) {
        return new UnsupportedTypeException("The class " + type.getName() + " has no serde, " + reason + ". " + remedy
                + ", or pass a Serde of your own.");
    }
}
