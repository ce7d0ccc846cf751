package io.selvage.api.function;

/** One element in, one out. */
@FunctionalInterface
public interface MapFunction<I, O> extends Function {
    O map(I element) throws Exception;
}
