package io.selvage.api.function;

import io.selvage.api.window.Window;

/**
 * What becomes of a window when it fires: of all its elements, or of the one result that they were reduced or
 * aggregated to.
 *
 * @param <K> keys
 * @param <I> the window's elements, or the result
 * @param <O> elements out, whose timestamp is the window's last millisecond
 */
public abstract class ProcessWindowFunction<K, I, O> implements Function {
    private static final long serialVersionUID = 1L;

    /** @param elements in the order in which they came; valid during the call. The one result, if there is one */
    public abstract void process(K key, Context context, Iterable<I> elements, Collector<O> out) throws Exception;

    /** The window at hand; valid during the call it is passed to. */
    public interface Context {
        Window window();

        /** {@link Long#MIN_VALUE} before the first watermark. */
        long watermarkMillis();

        long processingTimeMillis();

        /** Gives an element to a side output of this step. It must not be changed once it is given. */
        <X> void output(OutputTag<X> tag, X element);
    }
}
