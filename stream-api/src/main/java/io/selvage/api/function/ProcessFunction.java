package io.selvage.api.function;

/**
 * The general function without keys: any number of elements for each, side outputs, and event time to look at.
 *
 * @param <I> elements in
 * @param <O> elements out
 */
public abstract class ProcessFunction<I, O> implements Function {
    private static final long serialVersionUID = 1L;

    public abstract void process(I element, Context context, Collector<O> out) throws Exception;

    /** The element at hand; valid during the call it is passed to. */
    public interface Context {
        /**
         * Event time of the element, in milliseconds since the epoch; {@link Long#MIN_VALUE} if it was never given any.
         */
        long timestampMillis();

        /** {@link Long#MIN_VALUE} before the first watermark. */
        long watermarkMillis();

        /**
         * Gives an element, with the timestamp of the one at hand, to a side output of this step. It must not be
         * changed once it is given.
         */
        <X> void output(OutputTag<X> tag, X element);
    }
}
