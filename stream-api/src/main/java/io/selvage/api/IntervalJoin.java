package io.selvage.api;

import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Two keyed streams whose elements are joined if the right one's timestamp is in an interval around the left one's. An
 * element is kept for as long as one that it could be joined with may come; one that is behind the watermark when it
 * comes is dropped and counted.
 */
public final class IntervalJoin<A, B, K> {
    private final ConnectedKeyedStreams<A, B, K> both;
    private long lowerMillis;
    private long upperMillis;
    private boolean isBounded;
    private @Nullable OutputTag<A> lateLeft;
    private @Nullable OutputTag<B> lateRight;

    IntervalJoin(ConnectedKeyedStreams<A, B, K> both) {
        this.both = both;
    }

    /**
     * Joins a left element at t with the right ones from t + lower to t + upper, both inclusive. Either may be
     * negative.
     */
    public IntervalJoin<A, B, K> between(Duration lower, Duration upper) {
        lowerMillis = lower.toMillis();
        upperMillis = upper.toMillis();
        isBounded = true;
        return requireInterval();
    }

    /** Right elements at t + lower are not joined. */
    public IntervalJoin<A, B, K> lowerBoundExclusive() {
        lowerMillis++;
        return requireInterval();
    }

    /** Right elements at t + upper are not joined. */
    public IntervalJoin<A, B, K> upperBoundExclusive() {
        upperMillis--;
        return requireInterval();
    }

    /** Late elements of the left stream go there, too. */
    public IntervalJoin<A, B, K> sideOutputLeftLateData(OutputTag<A> tag) {
        lateLeft = tag;
        return this;
    }

    /** Late elements of the right stream go there, too. */
    public IntervalJoin<A, B, K> sideOutputRightLateData(OutputTag<B> tag) {
        lateRight = tag;
        return this;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(ProcessJoinFunction<A, B, O> function) {
        return process(function, (Serde<O>)
                Types.argument(function, ProcessJoinFunction.class, 2, "process of " + describe()));
    }

    public <O> DataStream<O> process(ProcessJoinFunction<A, B, O> function, Class<O> type) {
        return process(function, Types.of(type, "process of " + describe()));
    }

    public <O> DataStream<O> process(ProcessJoinFunction<A, B, O> function, Serde<O> type) {
        if (!isBounded) {
            throw new InvalidProgramException("In " + describe() + ": no interval is given, so that all would have to"
                    + " be kept for ever. Call between(lower, upper).");
        }
        return both.then(
                "interval join", both.intervalJoin(lowerMillis, upperMillis, function, lateLeft, lateRight), type);
    }

    private IntervalJoin<A, B, K> requireInterval() {
        if (lowerMillis > upperMillis) {
            throw new InvalidProgramException("In " + describe() + ": the interval from " + lowerMillis + " ms to "
                    + upperMillis + " ms is empty. The lower bound comes first.");
        }
        return this;
    }

    private String describe() {
        return "the interval join of " + both.describe();
    }
}
