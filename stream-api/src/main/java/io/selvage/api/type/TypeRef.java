package io.selvage.api.type;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * A type with its arguments, which a class does not tell: {@code Serdes.of(new TypeRef<Pair<String, Long>>() {})}.
 *
 * @param <T> the type, with no type variables in it
 */
public abstract class TypeRef<T> {
    private final Type type;

    /** @throws UnsupportedTypeException if the class that extends this one does not say what T is */
    protected TypeRef() {
        if (!(getClass().getGenericSuperclass() instanceof ParameterizedType self)
                || self.getRawType() != TypeRef.class) {
            throw new UnsupportedTypeException(getClass().getName() + " does not tell its type. Give it where it is"
                    + " made: new TypeRef<Pair<String, Long>>() {}.");
        }
        type = self.getActualTypeArguments()[0];
    }

    final Type type() {
        return type;
    }
}
