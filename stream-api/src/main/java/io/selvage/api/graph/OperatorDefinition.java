package io.selvage.api.graph;

import io.selvage.api.connector.Sink;
import io.selvage.api.connector.Source;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessFunction;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.WindowAssigner;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an operator does, with the user's functions in it; opened by executors alone. */
public sealed interface OperatorDefinition extends Serializable {
    record Map<I, O>(MapFunction<I, O> function) implements OperatorDefinition {}

    record Filter<T>(FilterFunction<T> function) implements OperatorDefinition {}

    record FlatMap<I, O>(FlatMapFunction<I, O> function) implements OperatorDefinition {}

    record Process<I, O>(ProcessFunction<I, O> function) implements OperatorDefinition {}

    record CoProcess<A, B, O>(CoProcessFunction<A, B, O> function) implements OperatorDefinition {}

    /** The second input is the broadcast one. */
    record BroadcastProcess<A, B, O>(List<MapStateDescriptor<?, ?>> states, BroadcastProcessFunction<A, B, O> function)
            implements OperatorDefinition {
        public BroadcastProcess {
            states = List.copyOf(states);
        }
    }

    /**
     * Has to be the head of its chain.
     *
     * @param serde of the elements in, for those that are under way
     * @param ordered results come in the order of the elements
     * @param timeoutMillis for each element
     * @param capacity the most elements that are under way in a subtask
     */
    record Async<I, O>(AsyncFunction<I, O> function, Serde<I> serde, boolean ordered, long timeoutMillis, int capacity)
            implements OperatorDefinition {}

    record AssignTimestamps<T>(WatermarkStrategy<T> strategy) implements OperatorDefinition {}

    record KeyedProcess<K, I, O>(KeySelector<I, K> key, Serde<K> keySerde, KeyedProcessFunction<K, I, O> function)
            implements OperatorDefinition {}

    /** @param firstKey of elements of the first input; {@code secondKey} of those of the second */
    record KeyedCoProcess<K, A, B, O>(
            KeySelector<A, K> firstKey,
            KeySelector<B, K> secondKey,
            Serde<K> keySerde,
            KeyedCoProcessFunction<K, A, B, O> function)
            implements OperatorDefinition {}

    /** The second input is the broadcast one. */
    record KeyedBroadcastProcess<K, A, B, O>(
            KeySelector<A, K> key,
            Serde<K> keySerde,
            List<MapStateDescriptor<?, ?>> states,
            KeyedBroadcastProcessFunction<K, A, B, O> function)
            implements OperatorDefinition {
        public KeyedBroadcastProcess {
            states = List.copyOf(states);
        }
    }

    /**
     * Windows, whose contents are accumulators, whatever the user has asked for.
     *
     * @param trigger null: windows fire when they are over
     * @param allowedLatenessMillis for which contents stay after that
     * @param lateTag null: what comes later is only counted
     */
    record WindowAggregate<K, I, A, R, O>(
            KeySelector<I, K> key,
            Serde<K> keySerde,
            WindowAssigner windows,
            AggregateFunction<I, A, R> aggregate,
            Serde<A> accumulatorSerde,
            WindowResult<K, R, O> result,
            @Nullable Trigger<? super I> trigger,
            long allowedLatenessMillis,
            @Nullable OutputTag<I> lateTag)
            implements OperatorDefinition {
        public WindowAggregate(
                KeySelector<I, K> key,
                Serde<K> keySerde,
                WindowAssigner windows,
                AggregateFunction<I, A, R> aggregate,
                Serde<A> accumulatorSerde,
                WindowFunction<K, R, O> function) {
            this(
                    key,
                    keySerde,
                    windows,
                    aggregate,
                    accumulatorSerde,
                    new WindowResult.Applied<>(function),
                    null,
                    0,
                    null);
        }
    }

    /**
     * Folds elements where they are, before they are exchanged by key: the first stage of two.
     *
     * @param paneMillis time is cut into panes of that length, at which windows begin and end
     * @param offsetMillis of panes from the epoch
     */
    record PartialAggregate<K, I, A>(
            KeySelector<I, K> key,
            Serde<K> keySerde,
            long paneMillis,
            long offsetMillis,
            AggregateFunction<I, A, ?> aggregate,
            Serde<A> accumulatorSerde)
            implements OperatorDefinition {}

    /**
     * @param lowerMillis right elements are joined from so far ahead of the left one, to {@code upperMillis}; inclusive
     * @param lateLeft null: late elements of the left stream are only counted
     */
    record IntervalJoin<K, A, B, O>(
            KeySelector<A, K> leftKey,
            KeySelector<B, K> rightKey,
            Serde<K> keySerde,
            Serde<A> leftSerde,
            Serde<B> rightSerde,
            long lowerMillis,
            long upperMillis,
            ProcessJoinFunction<A, B, O> function,
            @Nullable OutputTag<A> lateLeft,
            @Nullable OutputTag<B> lateRight)
            implements OperatorDefinition {}

    record PlanSplits<T, S>(Source<T, S> source) implements OperatorDefinition {}

    /** @param recordsPerSecond over all readers together; 0: as fast as it goes */
    record ReadSplits<T, S>(Source<T, S> source, double recordsPerSecond) implements OperatorDefinition {}

    record WriteSink<T, C>(Sink<T, C> sink) implements OperatorDefinition {}
}
