package io.selvage.api.function;

/** One element in, any number out. */
@FunctionalInterface
public interface FlatMapFunction<I, O> extends Function {
    void flatMap(I element, Collector<O> out) throws Exception;
}
