package io.selvage.api;

import io.selvage.api.connector.Sink;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.MapFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;

/**
 * A stream of elements. Elements are immutable once emitted: subtasks of one process hand them over by reference.
 *
 * <p>{@link #name}, {@link #uid} and {@link #parallelism} speak of the step that made this stream.
 */
public final class DataStream<T> {
    private final StreamEnvironment environment;
    private final Transformation step;
    private final Serde<T> serde;

    DataStream(StreamEnvironment environment, Transformation step, Serde<T> serde) {
        this.environment = environment;
        this.step = step;
        this.serde = serde;
    }

    /** What people see; need not be unique. */
    public DataStream<T> name(String name) {
        step.name = name;
        return this;
    }

    /** What checkpoints know the step's state by; unique in the job, and required where there is state. */
    public DataStream<T> uid(String uid) {
        step.uid = uid;
        return this;
    }

    public DataStream<T> parallelism(int parallelism) {
        if (parallelism < 1) {
            throw new InvalidProgramException(
                    "In " + step.name + ": a parallelism of " + parallelism + " is not possible; it is at least 1.");
        }
        step.parallelism = parallelism;
        return this;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> map(MapFunction<T, O> function) {
        return map(function, (Serde<O>) Types.resultOf(function, MapFunction.class, 1, "map after " + step.name));
    }

    public <O> DataStream<O> map(MapFunction<T, O> function, Class<O> type) {
        return map(function, Serdes.of(type));
    }

    public <O> DataStream<O> map(MapFunction<T, O> function, Serde<O> type) {
        return then("map", new OperatorDefinition.Map<>(function), type);
    }

    public DataStream<T> filter(FilterFunction<T> function) {
        return then("filter", new OperatorDefinition.Filter<>(function), serde);
    }

    /** For functions that are classes; a lambda does not tell what it collects. */
    @SuppressWarnings("unchecked")
    public <O> DataStream<O> flatMap(FlatMapFunction<T, O> function) {
        return flatMap(
                function, (Serde<O>) Types.argument(function, FlatMapFunction.class, 1, "flatMap after " + step.name));
    }

    public <O> DataStream<O> flatMap(FlatMapFunction<T, O> function, Class<O> type) {
        return flatMap(function, Serdes.of(type));
    }

    public <O> DataStream<O> flatMap(FlatMapFunction<T, O> function, Serde<O> type) {
        return then("flatMap", new OperatorDefinition.FlatMap<>(function), type);
    }

    public DataStream<T> assignTimestamps(WatermarkStrategy<T> strategy) {
        return then("assign timestamps", new OperatorDefinition.AssignTimestamps<>(strategy), serde);
    }

    @SuppressWarnings("unchecked")
    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key) {
        return keyBy(key, (Serde<K>) Types.resultOf(key, KeySelector.class, 1, "keyBy after " + step.name));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Class<K> type) {
        return keyBy(key, Serdes.of(type));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Serde<K> keySerde) {
        if (!keySerde.isCanonical()) {
            throw new InvalidProgramException("In keyBy after " + step.name + ": keys of the type "
                    + keySerde.schema() + " may be equal and have different bytes, or the other way round."
                    + " Choose a key without sets, maps, and arrays within records or lists.");
        }
        return new KeyedStream<>(environment, step, serde, key, keySerde);
    }

    /** @param uid names the sink's pending output in checkpoints; unique in the job */
    public <C> void sinkTo(Sink<T, C> sink, String uid) {
        Transformation sinkStep = environment.sink(sink, uid);
        sinkStep.parallelism = step.parallelism;
        sinkStep.readFrom(step, Partitioning.FORWARD);
        environment.add(sinkStep);
    }

    private <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        Transformation next = new Transformation(name, definition, OperatorRole.TRANSFORM);
        next.output = output;
        next.parallelism = step.parallelism;
        next.readFrom(step, Partitioning.FORWARD);
        environment.add(next);
        return new DataStream<>(environment, next, output);
    }
}
