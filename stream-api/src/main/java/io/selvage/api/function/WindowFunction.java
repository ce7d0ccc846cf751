package io.selvage.api.function;

import io.selvage.api.window.Window;

/** What becomes of a window's result when it fires: the short form of a {@link ProcessWindowFunction}. */
@FunctionalInterface
public interface WindowFunction<K, R, O> extends Function {
    O apply(K key, Window window, R result) throws Exception;
}
