package io.selvage.api;

import io.selvage.api.connector.Sink;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A stream of elements. Elements are immutable once emitted: subtasks of one process hand them over by reference.
 *
 * <p>{@link #name}, {@link #uid} and {@link #parallelism} speak of the step that made this stream.
 */
public final class DataStream<T> {
    /**
     * Where elements come from, and to which subtasks of what reads them they go.
     *
     * @param output of the step: {@link Transformation#MAIN} or the name of a side output
     */
    record Origin(Transformation step, String output, Partitioning partitioning) {}

    private final StreamEnvironment environment;
    private final List<Origin> origins; // Several: a union.
    private final Serde<T> serde;

    private DataStream(StreamEnvironment environment, List<Origin> origins, Serde<T> serde) {
        this.environment = environment;
        this.origins = List.copyOf(origins);
        this.serde = serde;
    }

    /** What a step emits. */
    static <T> DataStream<T> of(StreamEnvironment environment, Transformation step, Serde<T> serde) {
        return new DataStream<>(
                environment, List.of(new Origin(step, Transformation.MAIN, Partitioning.FORWARD)), serde);
    }

    /** What people see; need not be unique. */
    public DataStream<T> name(String name) {
        step("name").name = name;
        return this;
    }

    /** What checkpoints know the step's state by; unique in the job, and required where there is state. */
    public DataStream<T> uid(String uid) {
        step("uid").uid = uid;
        return this;
    }

    public DataStream<T> parallelism(int parallelism) {
        Transformation step = step("parallelism");
        if (parallelism < 1) {
            throw new InvalidProgramException(
                    "In " + step.name + ": a parallelism of " + parallelism + " is not possible; it is at least 1.");
        }
        step.parallelism = parallelism;
        return this;
    }

    /**
     * The elements that the step which made this stream gives to a side output.
     *
     * @throws InvalidProgramException if the step's side output of that name is read as another type already
     */
    public <X> DataStream<X> sideOutput(OutputTag<X> tag) {
        Transformation step = step("sideOutput");
        step.addSideOutput(tag.name(), tag.serde());
        return new DataStream<>(environment, List.of(new Origin(step, tag.name(), Partitioning.FORWARD)), tag.serde());
    }

    private Transformation step(String setting) {
        Origin origin = origins.get(0);
        if (origins.size() > 1
                || !origin.output().equals(Transformation.MAIN)
                || origin.partitioning() != Partitioning.FORWARD) {
            throw new InvalidProgramException("In " + describe() + ": " + setting
                    + "(...) speaks of a step, and this stream is not what one makes"
                    + " but a union, a side output, or a stream that is sent elsewhere. Call it on the stream of"
                    + " the step before, or after.");
        }
        return origin.step();
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> map(MapFunction<T, O> function) {
        return map(function, (Serde<O>) Types.resultOf(function, MapFunction.class, 1, "map after " + describe()));
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
                function, (Serde<O>) Types.argument(function, FlatMapFunction.class, 1, "flatMap after " + describe()));
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
        return keyBy(key, (Serde<K>) Types.resultOf(key, KeySelector.class, 1, "keyBy after " + describe()));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Class<K> type) {
        return keyBy(key, Serdes.of(type));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Serde<K> keySerde) {
        if (!keySerde.isCanonical()) {
            throw new InvalidProgramException("In keyBy after " + describe() + ": keys of the type "
                    + keySerde.schema() + " may be equal and have different bytes, or the other way round."
                    + " Choose a key without sets, maps, and arrays within records or lists.");
        }
        return new KeyedStream<>(this, key, keySerde);
    }

    /** @param uid names the sink's pending output in checkpoints; unique in the job */
    public <C> void sinkTo(Sink<T, C> sink, String uid) {
        Transformation sinkStep = environment.sink(sink, uid);
        sinkStep.parallelism = parallelismOfNext();
        sinkStep.readFrom(this, 0);
        environment.add(sinkStep);
    }

    /**
     * Joins elements with those of another stream that have the same key and window:
     * {@code first.join(second).where(key).equalTo(key).window(windows).apply(function)}.
     */
    public <B> JoinedStreams<T, B> join(DataStream<B> other) {
        return new JoinedStreams<>(this, other);
    }

    /** The same, for a function of all elements of a key and window, also where one of the streams has none. */
    public <B> JoinedStreams<T, B> coGroup(DataStream<B> other) {
        return join(other);
    }

    /** The elements of this stream and of others of the same type, in any order. */
    @SafeVarargs
    public final DataStream<T> union(DataStream<T>... others) {
        List<Origin> all = new ArrayList<>(origins);
        for (DataStream<T> other : others) {
            if (!other.serde.schema().equals(serde.schema())) {
                throw new InvalidProgramException("In union of " + describe() + " and " + other.describe()
                        + ": the elements of one are " + serde.schema() + ", and of the other "
                        + other.serde.schema() + ". Give both the same type or Serde.");
            }
            all.addAll(other.origins);
        }
        return new DataStream<>(environment, all, serde);
    }

    /** The same elements, which go to the subtasks of what reads them in another way. */
    DataStream<T> spread(Partitioning partitioning) {
        return new DataStream<>(
                environment,
                origins.stream()
                        .map(origin -> new Origin(origin.step(), origin.output(), partitioning))
                        .toList(),
                serde);
    }

    private <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        Transformation next = environment.add(name, definition);
        next.parallelism = parallelismOfNext();
        next.readFrom(this, 0);
        return of(environment, next, output);
    }

    /** That of the steps before, so that they can share a thread; the environment's where elements are exchanged. */
    private int parallelismOfNext() {
        boolean isExchanged = origins.stream().anyMatch(origin -> origin.partitioning() != Partitioning.FORWARD);
        return isExchanged
                ? environment.parallelism()
                : origins.stream()
                        .mapToInt(origin -> origin.step().parallelism)
                        .max()
                        .orElseThrow();
    }

    StreamEnvironment environment() {
        return environment;
    }

    List<Origin> origins() {
        return origins;
    }

    Serde<T> serde() {
        return serde;
    }

    /** In messages. */
    String describe() {
        return origins.stream()
                .map(origin -> origin.step().name
                        + (origin.output().equals(Transformation.MAIN) ? "" : " (" + origin.output() + ")"))
                .collect(Collectors.joining(" and "));
    }
}
