package io.selvage.api.function;

import java.io.Serializable;

/** The key of an element: the same for the same element, always. */
@FunctionalInterface
public interface KeySelector<T, K> extends Serializable {
    K key(T element);
}
