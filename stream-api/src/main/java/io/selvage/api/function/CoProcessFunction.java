package io.selvage.api.function;

/**
 * The general function on two streams without keys.
 *
 * @param <A> elements of the first stream
 * @param <B> elements of the second stream
 * @param <O> elements out
 */
public abstract class CoProcessFunction<A, B, O> implements Function {
    private static final long serialVersionUID = 1L;

    /** An element of the first stream. */
    public abstract void process1(A element, Context context, Collector<O> out) throws Exception;

    /** An element of the second stream. */
    public abstract void process2(B element, Context context, Collector<O> out) throws Exception;

    /** The element at hand; valid during the call it is passed to. */
    public interface Context extends ProcessFunction.Context {}
}
