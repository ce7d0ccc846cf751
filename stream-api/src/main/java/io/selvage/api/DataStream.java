package io.selvage.api;

import io.selvage.api.connector.Sink;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.Partitioner;
import io.selvage.api.function.ProcessFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
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
    record Origin(Transformation step, String output, Exchange exchange) {}

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
        return new DataStream<>(environment, List.of(new Origin(step, Transformation.MAIN, Exchange.NONE)), serde);
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

    /** The step shares no thread with the one before it. */
    public DataStream<T> startNewChain() {
        step("startNewChain").startsChain = true;
        return this;
    }

    /** The step shares its thread with no other one. */
    public DataStream<T> disableChaining() {
        Transformation step = step("disableChaining");
        step.startsChain = true;
        step.endsChain = true;
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
        return new DataStream<>(environment, List.of(new Origin(step, tag.name(), Exchange.NONE)), tag.serde());
    }

    /** This stream's step is the first of two that are one for the user. */
    void isFirstStageOf(DataStream<?> second) {
        step("uid").second = second.step("uid");
    }

    private Transformation step(String setting) {
        Origin origin = origins.get(0);
        if (origins.size() > 1
                || !origin.output().equals(Transformation.MAIN)
                || !origin.exchange().equals(Exchange.NONE)) {
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
        return map(function, Types.of(type, "map after " + describe()));
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
        return flatMap(function, Types.of(type, "flatMap after " + describe()));
    }

    public <O> DataStream<O> flatMap(FlatMapFunction<T, O> function, Serde<O> type) {
        return then("flatMap", new OperatorDefinition.FlatMap<>(function), type);
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(ProcessFunction<T, O> function) {
        return process(
                function, (Serde<O>) Types.argument(function, ProcessFunction.class, 1, "process after " + describe()));
    }

    public <O> DataStream<O> process(ProcessFunction<T, O> function, Class<O> type) {
        return process(function, Types.of(type, "process after " + describe()));
    }

    public <O> DataStream<O> process(ProcessFunction<T, O> function, Serde<O> type) {
        return then("process", new OperatorDefinition.Process<>(function), type);
    }

    public DataStream<T> assignTimestamps(WatermarkStrategy<T> strategy) {
        return then("assign timestamps", new OperatorDefinition.AssignTimestamps<>(strategy), serde);
    }

    @SuppressWarnings("unchecked")
    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key) {
        return keyBy(key, (Serde<K>) Types.resultOf(key, KeySelector.class, 1, "keyBy after " + describe()));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Class<K> type) {
        return keyBy(key, Types.of(type, "keyBy after " + describe()));
    }

    public <K> KeyedStream<T, K> keyBy(KeySelector<T, K> key, Serde<K> keySerde) {
        if (!keySerde.isCanonical()) {
            throw new InvalidProgramException("In keyBy after " + describe() + ": keys that are written as "
                    + keySerde.schema() + " may be equal and have different bytes, or the other way round."
                    + " Choose a key without sets, maps and arrays, of which byte[] alone is a key, and by itself: take"
                    + " a List. A plain class in it needs equals and hashCode of all of its fields.");
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

    /** This stream and another one, which may be of another type, for a function of both. */
    public <B> ConnectedStreams<T, B> connect(DataStream<B> second) {
        return new ConnectedStreams<>(this, second);
    }

    /** This stream and one that every subtask gets the whole of, for a function of both. */
    public <B> BroadcastConnectedStream<T, B> connect(BroadcastStream<B> broadcast) {
        return new BroadcastConnectedStream<>(this, broadcast);
    }

    // ---- which subtasks elements go to ---------------------------------------------------------------------------

    /** To the subtasks of what follows in turn, so that all have as much to do. */
    public DataStream<T> rebalance() {
        return sent(Exchange.of(Partitioning.REBALANCE));
    }

    /**
     * As {@link #rebalance}, but each subtask sends to a part of those that follow, and gets from a part of those
     * before: with two before and four after, each sends to two. Elements that can stay in their slot do.
     */
    public DataStream<T> rescale() {
        return sent(Exchange.of(Partitioning.RESCALE));
    }

    /** To any subtask of what follows, by chance. */
    public DataStream<T> shuffle() {
        return sent(Exchange.of(Partitioning.SHUFFLE));
    }

    /** To all subtasks of what follows. */
    public DataStream<T> broadcast() {
        return sent(Exchange.of(Partitioning.BROADCAST));
    }

    /** The same, for a function that keeps what it gets in broadcast state. */
    public BroadcastStream<T> broadcast(MapStateDescriptor<?, ?> state, MapStateDescriptor<?, ?>... more) {
        List<MapStateDescriptor<?, ?>> states = new ArrayList<>(List.of(more));
        states.add(0, state);
        return new BroadcastStream<>(broadcast(), states);
    }

    /**
     * To the subtask of the same index. So it is without this call where the parallelism is the same; with it, a
     * program in which it isn't is refused.
     */
    public DataStream<T> forward() {
        return sent(Exchange.FORWARD);
    }

    /** To the subtask that the partitioner chooses by the element's key. */
    public <K> DataStream<T> partitionCustom(Partitioner<K> partitioner, KeySelector<T, K> key) {
        return sent(Exchange.by(partitioner, key));
    }

    DataStream<T> sent(Exchange exchange) {
        return new DataStream<>(
                environment,
                origins.stream()
                        .map(origin -> new Origin(origin.step(), origin.output(), exchange))
                        .toList(),
                serde);
    }

    // --------------------------------------------------------------------------------------------------------------

    <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        Transformation next = new Transformation(name, definition, OperatorRole.TRANSFORM);
        next.parallelism = parallelismOfNext();
        next.readFrom(this, 0);
        environment.add(next);
        return of(environment, next, output);
    }

    /** A step that reads another stream as well, at its second input. */
    <O> DataStream<O> then(String name, OperatorDefinition definition, DataStream<?> second, Serde<O> output) {
        DataStream<O> next = then(name, definition, output);
        next.step("connect").readFrom(second, 1);
        return next;
    }

    /** That of the steps before, so that they can share a thread; the environment's where elements are exchanged. */
    private int parallelismOfNext() {
        return origins.stream().allMatch(origin -> origin.exchange().isForward())
                ? origins.stream()
                        .mapToInt(origin -> origin.step().parallelism)
                        .max()
                        .orElseThrow()
                : environment.parallelism();
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
