package io.selvage.checkpoint.source;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.StateEntries;
import io.selvage.checkpoint.backend.StateMismatchException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One keyed state of a savepoint, or of a checkpoint that stays where it is: an element for each key that has something
 * in it. Bounded, and replayable from every key.
 *
 * <pre>{@code
 * env.from(KeyedStateSource.of("hdfs:///sp/savepoint-5f0c1b-0a1b2c3d4e5f", "accounts", Serdes.STRING,
 *                 new ValueStateDescriptor<>("balance", Long.class)), "balances")
 *         .filter(entry -> entry.value() < 0)
 *         ...
 * }</pre>
 *
 * <p>State of either backend is read, at any parallelism: splits are ranges of key groups, one for each subtask that
 * the operator had unless {@link #splits} says otherwise. A reader holds the state of one split, in the heap or on the
 * local disk, wherever its operator had it.
 *
 * <p>States of windows and timers are not among those that can be named. Several states of an operator are several
 * sources.
 *
 * @param <K> keys
 * @param <V> what a key has in the state: a value, a list or a map
 */
public final class KeyedStateSource<K, V> implements Source<KeyedEntry<K, V>, KeyGroupSplit> {
    private static final long serialVersionUID = 1L;
    private static final int AS_WRITTEN = 0;

    private final String path;
    private final String operatorUid;
    private final Serde<K> keys;
    private final StateDescriptor descriptor;
    private final int splits;

    private KeyedStateSource(String path, String operatorUid, Serde<K> keys, StateDescriptor descriptor, int splits) {
        this.path = path;
        this.operatorUid = operatorUid;
        this.keys = keys;
        this.descriptor = descriptor;
        this.splits = splits;
    }

    /**
     * A value for each key.
     *
     * @param path the directory of a savepoint or checkpoint, or the metadata in it
     * @param operatorUid as the program that wrote it has said with {@code uid}
     * @param keys the keys' format, as it was
     * @param descriptor the state, as it was declared
     */
    public static <K, T> KeyedStateSource<K, T> of(
            String path, String operatorUid, Serde<K> keys, ValueStateDescriptor<T> descriptor) {
        return new KeyedStateSource<>(path, operatorUid, keys, descriptor, AS_WRITTEN);
    }

    /** The same for keys of a type that has a serde. */
    public static <K, T> KeyedStateSource<K, T> of(
            String path, String operatorUid, Class<K> keys, ValueStateDescriptor<T> descriptor) {
        return of(path, operatorUid, Serdes.of(keys), descriptor);
    }

    /** A list for each key. */
    public static <K, T> KeyedStateSource<K, List<T>> of(
            String path, String operatorUid, Serde<K> keys, ListStateDescriptor<T> descriptor) {
        return new KeyedStateSource<>(path, operatorUid, keys, descriptor, AS_WRITTEN);
    }

    /** A map for each key, in the order of insertion. */
    public static <K, A, B> KeyedStateSource<K, Map<A, B>> of(
            String path, String operatorUid, Serde<K> keys, MapStateDescriptor<A, B> descriptor) {
        return new KeyedStateSource<>(path, operatorUid, keys, descriptor, AS_WRITTEN);
    }

    /**
     * Cuts the key groups into so many ranges, or as many as there are groups. More of them than the operator had
     * subtasks keep more readers busy, and each reads all of the files that its range has a part in.
     */
    public KeyedStateSource<K, V> splits(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " splits hold nothing");
        }
        return new KeyedStateSource<>(path, operatorUid, keys, descriptor, count);
    }

    @Override
    public Serde<KeyedEntry<K, V>> serde() {
        return new KeyedEntrySerde<>(keys, state().serde());
    }

    @Override
    public Serde<KeyGroupSplit> splitSerde() {
        return Serdes.of(KeyGroupSplit.class);
    }

    /** It is there, has the operator and the state, and keys and state were written as they are declared here. */
    @Override
    public void check() throws BadInputException, IOException {
        StoredOperator operator = StoredOperator.at(path, operatorUid);
        try {
            StateEntries.requireFit(operator.schema(), operatorUid, keys, state());
        } catch (StateMismatchException | CorruptDataException unfit) {
            throw new BadInputException(path + " can't be read so: " + unfit.getMessage());
        }
    }

    @Override
    public SplitPlanner<KeyGroupSplit> planner(SourceContext context, byte @Nullable [] restored) {
        return new KeyGroupPlanner(path, operatorUid, splits, restored);
    }

    @Override
    public SplitReader<KeyedEntry<K, V>> reader(
            KeyGroupSplit split, byte @Nullable [] position, SourceContext context) {
        return new KeyGroupReader<>(split, operatorUid, keys, state(), position);
    }

    @SuppressWarnings("unchecked") // The factories see to it that the descriptor is of that type.
    private StateEntries.State<V> state() {
        return (StateEntries.State<V>) StateEntries.State.of(descriptor);
    }

    @Override
    public String toString() {
        return "state \"" + descriptor.name() + "\" of " + operatorUid + " in " + path;
    }
}
