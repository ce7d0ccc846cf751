package io.selvage.api;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Function;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.function.ReduceFunction;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.ListAggregate;
import io.selvage.api.graph.MergeAggregate;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.ReduceAggregate;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.state.Aggregator;
import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.PartialSerde;
import io.selvage.api.type.PartialSerde.Partial;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import io.selvage.api.window.AlignedWindows;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.WindowAssigner;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A keyed stream cut into windows. Each gives one result for each key, when it is over: when the watermark, or the wall
 * clock, has passed its end. A trigger may say otherwise.
 */
public final class WindowedStream<T, K> {
    private final KeyedStream<T, K> keyed;
    private final WindowAssigner windows;
    private @Nullable Trigger<? super T> trigger;
    private long allowedLatenessMillis;
    private @Nullable OutputTag<T> lateTag;
    private boolean isTwoStage;

    WindowedStream(KeyedStream<T, K> keyed, WindowAssigner windows) {
        this.keyed = keyed;
        this.windows = windows;
    }

    /** Says when windows fire, in place of what they do by themselves. */
    public WindowedStream<T, K> trigger(Trigger<? super T> newTrigger) {
        if (windows instanceof SessionWindows) {
            MergeableStates.check(newTrigger, operation("trigger"));
        }
        trigger = newTrigger;
        return this;
    }

    /**
     * For how much event time a window's contents stay after it is over: an element that comes in that time makes it
     * fire again, with what it has then. Later ones are dropped and counted. By itself: not at all.
     */
    public WindowedStream<T, K> allowedLateness(Duration lateness) {
        if (lateness.isNegative()) {
            throw new InvalidProgramException(
                    "In " + operation("allowedLateness") + ": a lateness of " + lateness + " is below zero.");
        }
        if (windows.time() != TimeDomain.EVENT_TIME) {
            throw new InvalidProgramException("In " + operation("allowedLateness")
                    + ": nothing is late in windows that do not end, or go by processing time. Leave it out.");
        }
        allowedLatenessMillis = lateness.toMillis();
        return this;
    }

    /** What comes too late is counted, and goes to a side output of the windows' step. */
    public WindowedStream<T, K> sideOutputLateData(OutputTag<T> tag) {
        lateTag = tag;
        return this;
    }

    /**
     * Elements of a key are folded in the subtasks that they come from, and what that comes to, some times a second, in
     * the subtask of the key. For streams of which a few keys have the most elements; the results are the same, and
     * come at the same time.
     *
     * <p>For {@code reduce} and {@code aggregate} with tumbling and sliding windows of event time, and an aggregate
     * that has {@code merge}. Late elements are counted together where they were folded together.
     */
    public WindowedStream<T, K> twoStage() {
        isTwoStage = true;
        return this;
    }

    // ---- reduce --------------------------------------------------------------------------------------------------

    public DataStream<T> reduce(ReduceFunction<T> reduce) {
        return window(new ReduceAggregate<>(reduce), keyed.serde(), new WindowResult.Plain<>(), keyed.serde());
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> reduce(ReduceFunction<T> reduce, WindowFunction<K, T, O> function) {
        return reduce(
                reduce, function, (Serde<O>) Types.resultOf(function, WindowFunction.class, 2, operation("reduce")));
    }

    public <O> DataStream<O> reduce(ReduceFunction<T> reduce, WindowFunction<K, T, O> function, Serde<O> type) {
        return window(new ReduceAggregate<>(reduce), keyed.serde(), new WindowResult.Applied<>(function), type);
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> reduce(ReduceFunction<T> reduce, ProcessWindowFunction<K, T, O> function) {
        return reduce(reduce, function, (Serde<O>) outputOf(function, "reduce"));
    }

    public <O> DataStream<O> reduce(ReduceFunction<T> reduce, ProcessWindowFunction<K, T, O> function, Serde<O> type) {
        return window(new ReduceAggregate<>(reduce), keyed.serde(), new WindowResult.Processed<>(function), type);
    }

    // ---- aggregate -----------------------------------------------------------------------------------------------

    @SuppressWarnings("unchecked")
    public <A, R> DataStream<R> aggregate(AggregateFunction<T, A, R> aggregate) {
        return aggregate(aggregate, accumulatorOf(aggregate), (Serde<R>)
                Types.argument(aggregate, AggregateFunction.class, 2, operation("aggregate")));
    }

    public <A, R> DataStream<R> aggregate(
            AggregateFunction<T, A, R> aggregate, Serde<A> accumulatorType, Serde<R> type) {
        return window(aggregate, accumulatorType, new WindowResult.Plain<>(), type);
    }

    @SuppressWarnings("unchecked")
    public <A, R, O> DataStream<O> aggregate(AggregateFunction<T, A, R> aggregate, WindowFunction<K, R, O> function) {
        return aggregate(aggregate, accumulatorOf(aggregate), function, (Serde<O>)
                Types.resultOf(function, WindowFunction.class, 2, operation("aggregate")));
    }

    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate,
            Class<A> accumulatorType,
            WindowFunction<K, R, O> function,
            Class<O> type) {
        return aggregate(
                aggregate,
                Types.of(accumulatorType, operation("aggregate")),
                function,
                Types.of(type, operation("aggregate")));
    }

    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate,
            Serde<A> accumulatorType,
            WindowFunction<K, R, O> function,
            Serde<O> type) {
        return window(aggregate, accumulatorType, new WindowResult.Applied<>(function), type);
    }

    @SuppressWarnings("unchecked")
    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate, ProcessWindowFunction<K, R, O> function) {
        return aggregate(aggregate, accumulatorOf(aggregate), function, (Serde<O>) outputOf(function, "aggregate"));
    }

    public <A, R, O> DataStream<O> aggregate(
            AggregateFunction<T, A, R> aggregate,
            Serde<A> accumulatorType,
            ProcessWindowFunction<K, R, O> function,
            Serde<O> type) {
        return window(aggregate, accumulatorType, new WindowResult.Processed<>(function), type);
    }

    // ---- process -------------------------------------------------------------------------------------------------

    /** Gives the function all elements of a window, which are kept until then. */
    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(ProcessWindowFunction<K, T, O> function) {
        return process(function, (Serde<O>) outputOf(function, "process"));
    }

    public <O> DataStream<O> process(ProcessWindowFunction<K, T, O> function, Serde<O> type) {
        if (isTwoStage) {
            throw new InvalidProgramException("In " + operation("twoStage")
                    + ": process(...) is given all elements, of which nothing can be folded before. Use reduce(...) or"
                    + " aggregate(...), which take a ProcessWindowFunction too.");
        }
        Serde<List<T>> all = Serdes.list(keyed.serde());
        return window(new ListAggregate<>(), all, new WindowResult.ProcessedAll<>(function), type);
    }

    // ---- all of them ---------------------------------------------------------------------------------------------

    private <A, R, O> DataStream<O> window(
            AggregateFunction<T, A, R> aggregate,
            Serde<A> accumulatorType,
            WindowResult<K, R, O> result,
            Serde<O> type) {
        check(aggregate);
        Trigger<? super T> firing = trigger;
        if (keepsWindowState(result.function())) {
            checkWindowState();
            firing = trigger == null ? TimeTrigger.<T>create() : trigger;
        }
        if (isTwoStage) {
            return twoStage(aggregate, accumulatorType, result, type);
        }
        return keyed.then(
                "window",
                new OperatorDefinition.WindowAggregate<>(
                        keyed.key(),
                        keyed.keySerde(),
                        windows,
                        aggregate,
                        accumulatorType,
                        result,
                        firing,
                        allowedLatenessMillis,
                        lateTag),
                type);
    }

    @SuppressWarnings("unchecked")
    private <A, R, O> DataStream<O> twoStage(
            AggregateFunction<T, A, R> aggregate,
            Serde<A> accumulatorType,
            WindowResult<K, R, O> result,
            Serde<O> type) {
        AlignedWindows aligned = foldableWindows(aggregate);
        DataStream<Partial> partials = keyed.elements()
                .then(
                        "partial aggregate",
                        new OperatorDefinition.PartialAggregate<>(
                                keyed.key(),
                                keyed.keySerde(),
                                aligned.paneMillis(),
                                aligned.offsetMillis(),
                                aggregate,
                                accumulatorType),
                        new PartialSerde<>(keyed.keySerde(), accumulatorType));
        KeySelector<Partial, K> key = partial -> (K) partial.key();
        DataStream<O> windowed = new KeyedStream<>(partials, key, keyed.keySerde())
                .then(
                        "window",
                        new OperatorDefinition.WindowAggregate<>(
                                key,
                                keyed.keySerde(),
                                windows,
                                new MergeAggregate<>(aggregate, accumulatorType),
                                accumulatorType,
                                result,
                                null,
                                allowedLatenessMillis,
                                null),
                        type);
        partials.isFirstStageOf(windowed);
        return windowed;
    }

    private AlignedWindows foldableWindows(AggregateFunction<T, ?, ?> aggregate) {
        if (trigger != null || lateTag != null) {
            throw new InvalidProgramException("In " + operation("twoStage")
                    + ": a trigger and sideOutputLateData(...) are about single elements, which are folded before they"
                    + " come there. Leave them out, or twoStage().");
        }
        if (!canMerge(aggregate)) {
            throw new InvalidProgramException("In " + operation("twoStage") + ": "
                    + aggregate.getClass().getName()
                    + " has no merge(...), by which the second stage joins what the first one has folded. Implement"
                    + " it.");
        }
        if (windows.time() == TimeDomain.EVENT_TIME && windows instanceof AlignedWindows aligned) {
            return aligned;
        }
        throw new InvalidProgramException(
                "In " + operation("twoStage")
                        + ": only tumbling and sliding windows of event time can be folded in two stages. Leave twoStage() out.");
    }

    private void check(AggregateFunction<T, ?, ?> aggregate) {
        if (windows instanceof GlobalWindows && trigger == null) {
            throw new InvalidProgramException("In " + operation("window")
                    + ": global windows never end, and without a trigger would never fire. Add .trigger(...).");
        }
        boolean mergesSomething = windows instanceof SlidingWindows || windows instanceof SessionWindows;
        if (mergesSomething && !canMerge(aggregate)) {
            throw new InvalidProgramException("In " + operation("aggregate") + ": "
                    + aggregate.getClass().getName()
                    + " has no merge(...), which sliding and session windows need to join accumulators. Implement it,"
                    + " or use process(...).");
        }
    }

    private void checkWindowState() {
        if (windows instanceof SessionWindows) {
            throw new InvalidProgramException("In " + operation("window")
                    + ": openWindowState(...) is of no use with session windows, which are joined when an element comes"
                    + " between them. Keep it by key, in openState(...), or in the accumulator.");
        }
        if (isTwoStage) {
            throw new InvalidProgramException("In " + operation("twoStage")
                    + ": openWindowState(...) needs windows that share nothing. Leave it out, or twoStage().");
        }
    }

    private static boolean keepsWindowState(@Nullable Function function) {
        return function instanceof ProcessWindowFunction
                && overrides(function, ProcessWindowFunction.class, "openWindowState", StateAccess.class);
    }

    private static boolean canMerge(AggregateFunction<?, ?, ?> aggregate) {
        return overrides(aggregate, Aggregator.class, "merge", Object.class, Object.class);
    }

    private static boolean overrides(Object function, Class<?> declaring, String method, Class<?>... parameters) {
        try {
            return function.getClass().getMethod(method, parameters).getDeclaringClass() != declaring;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e); // The declaring type has it.
        }
    }

    @SuppressWarnings("unchecked")
    private <A> Serde<A> accumulatorOf(AggregateFunction<T, A, ?> aggregate) {
        return (Serde<A>) Types.argument(aggregate, AggregateFunction.class, 1, operation("aggregate"));
    }

    private Serde<?> outputOf(ProcessWindowFunction<?, ?, ?> function, String operation) {
        return Types.argument(function, ProcessWindowFunction.class, 2, operation(operation));
    }

    private String operation(String name) {
        return name + " after " + keyed.inputName();
    }
}
