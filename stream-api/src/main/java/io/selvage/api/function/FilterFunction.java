package io.selvage.api.function;

/** Keeps the elements for which it answers true. */
@FunctionalInterface
public interface FilterFunction<T> extends Function {
    boolean keep(T element) throws Exception;
}
