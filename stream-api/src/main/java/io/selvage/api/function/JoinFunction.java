package io.selvage.api.function;

/** Two elements of one key and window in, one out. */
@FunctionalInterface
public interface JoinFunction<A, B, O> extends Function {
    O join(A first, B second) throws Exception;
}
