package io.selvage.api.function;

/** One element in, of either of two streams, and one out. */
public interface CoMapFunction<A, B, O> extends Function {
    O map1(A element) throws Exception;

    O map2(B element) throws Exception;
}
