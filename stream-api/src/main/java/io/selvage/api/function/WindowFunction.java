package io.selvage.api.function;

import io.selvage.api.window.Window;

/** What becomes of a window's result once the watermark has passed the window's end. */
@FunctionalInterface
public interface WindowFunction<K, R, O> extends Function {
    O apply(K key, Window window, R result) throws Exception;
}
