package io.selvage.api.function;

/** One element in, of either of two streams, and any number out. */
public interface CoFlatMapFunction<A, B, O> extends Function {
    void flatMap1(A element, Collector<O> out) throws Exception;

    void flatMap2(B element, Collector<O> out) throws Exception;
}
