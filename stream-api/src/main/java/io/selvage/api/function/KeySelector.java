package io.selvage.api.function;

import java.io.Serializable;

/**
 * The key of an element: the same for the same element, always. It may be asked for some elements before those that
 * come before them are processed.
 */
@FunctionalInterface
public interface KeySelector<T, K> extends Serializable {
    K key(T element);
}
