package io.selvage.api.function;

/** All elements that two streams have of one key and window; of one of them there may be none. */
@FunctionalInterface
public interface CoGroupFunction<A, B, O> extends Function {
    /**
     * @param first in the order in which they came, as is {@code second}; valid during the call
     * @param context of the window
     */
    void coGroup(Iterable<A> first, Iterable<B> second, ProcessWindowFunction.Context context, Collector<O> out)
            throws Exception;
}
