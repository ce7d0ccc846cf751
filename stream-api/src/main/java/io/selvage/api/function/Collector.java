package io.selvage.api.function;

/** Takes the results of a function; an element must not be changed once it is given. */
public interface Collector<T> {
    void collect(T element);
}
