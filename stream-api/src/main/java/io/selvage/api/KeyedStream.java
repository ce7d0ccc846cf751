package io.selvage.api;

import io.selvage.api.connector.Sink;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import io.selvage.api.window.WindowAssigner;

/** A stream whose elements of one key meet in one subtask. */
public final class KeyedStream<T, K> {
    private final DataStream<T> elements;
    private final KeySelector<T, K> key;
    private final Serde<K> keySerde;

    KeyedStream(DataStream<T> elements, KeySelector<T, K> key, Serde<K> keySerde) {
        this.elements = elements;
        this.key = key;
        this.keySerde = keySerde;
    }

    @SuppressWarnings("unchecked")
    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function) {
        return process(function, (Serde<O>)
                Types.argument(function, KeyedProcessFunction.class, 2, "process after " + elements.describe()));
    }

    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function, Class<O> type) {
        return process(function, Types.of(type, "process after " + elements.describe()));
    }

    public <O> DataStream<O> process(KeyedProcessFunction<K, T, O> function, Serde<O> type) {
        return then("process", new OperatorDefinition.KeyedProcess<>(key, keySerde, function), type);
    }

    public WindowedStream<T, K> window(WindowAssigner windows) {
        return new WindowedStream<>(this, windows);
    }

    /**
     * Elements of one key go to one writer, in their order.
     *
     * @param uid names the sink's pending output in checkpoints; unique in the job
     */
    public <C> void sinkTo(Sink<T, C> sink, String uid) {
        exchanged().sinkTo(sink, uid);
    }

    /**
     * This stream and another one, for a function of both: elements of one key meet in one subtask, whichever of the
     * two they come from.
     */
    public <B> ConnectedKeyedStreams<T, B, K> connect(KeyedStream<B, K> second) {
        if (!keySerde.schema().equals(second.keySerde.schema())) {
            throw new InvalidProgramException("In connect after " + elements.describe() + ": its keys are "
                    + keySerde.schema() + ", and those of the other stream are " + second.keySerde.schema()
                    + ". Give both the same Serde.");
        }
        return new ConnectedKeyedStreams<>(this, second);
    }

    /**
     * Joins elements with those of another stream that have the same key and are near in event time:
     * {@code left.intervalJoin(right).between(lower, upper).process(function)}.
     */
    public <B> IntervalJoin<T, B, K> intervalJoin(KeyedStream<B, K> right) {
        return new IntervalJoin<>(connect(right));
    }

    /**
     * This stream and one that every subtask gets the whole of, for a function of both with state for each key of this
     * one.
     */
    public <B> KeyedBroadcastConnectedStream<T, B, K> connect(BroadcastStream<B> broadcast) {
        return new KeyedBroadcastConnectedStream<>(this, broadcast);
    }

    /** Where they are before that. */
    DataStream<T> elements() {
        return elements;
    }

    /** The elements on their way to the subtasks of their keys. */
    DataStream<T> exchanged() {
        return elements.sent(Exchange.byKey(key, keySerde));
    }

    KeySelector<T, K> key() {
        return key;
    }

    Serde<T> serde() {
        return elements.serde();
    }

    Serde<K> keySerde() {
        return keySerde;
    }

    String inputName() {
        return elements.describe();
    }

    <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output) {
        return exchanged().then(name, definition, output);
    }
}
