package io.selvage.api.function;

/**
 * What becomes of two elements of one key that are near in event time.
 *
 * @param <A> elements of the left stream
 * @param <B> elements of the right stream
 * @param <O> elements out, whose timestamp is the greater one of the two
 */
public abstract class ProcessJoinFunction<A, B, O> implements Function {
    private static final long serialVersionUID = 1L;

    public abstract void process(A left, B right, Context context, Collector<O> out) throws Exception;

    /** The elements at hand; valid during the call it is passed to. */
    public interface Context {
        long leftTimestampMillis();

        long rightTimestampMillis();

        /** Gives an element to a side output of this step. It must not be changed once it is given. */
        <X> void output(OutputTag<X> tag, X element);
    }
}
