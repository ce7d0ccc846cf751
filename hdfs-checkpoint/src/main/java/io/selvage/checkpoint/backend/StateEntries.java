package io.selvage.checkpoint.backend;

import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread. What one state of a replica has for each key that has something in it, in an order that depends
 * on the keys' bytes alone. The replica belongs to it.
 */
public final class StateEntries<K, V> implements AutoCloseable {
    private final StateReplica replica;
    private final Serde<K> keys;
    private final String name;
    private final List<@Nullable Function<BinaryReader, V>> readers; // By section; null: it is none of the state's.
    private final RowCursor rows;
    private final BinaryWriter partKey = new BinaryWriter(64);
    private final BinaryReader reader = new BinaryReader(new byte[0]);
    private @Nullable Function<BinaryReader, V> valueReader; // Of the entry at hand.
    private int valueAt;
    private int valueLength;

    private StateEntries(StateReplica replica, Serde<K> keys, State<V> state) throws IOException {
        this.replica = replica;
        this.keys = keys;
        this.name = state.name;
        this.readers = state.readersOf(replica.schema(), replica.operator, keys);
        replica.requireComplete();
        this.rows = replica.cursor(false);
    }

    /**
     * Opens it before its first entry; if that fails, the replica is closed.
     *
     * @param replica to which something was applied
     * @throws StateMismatchException if there is no such state, or it or the keys were written in another way
     * @throws io.selvage.api.type.CorruptDataException if segments are missing
     */
    public static <K, V> StateEntries<K, V> of(StateReplica replica, Serde<K> keys, State<V> state) throws IOException {
        try {
            return new StateEntries<>(replica, keys, state);
        } catch (IOException | RuntimeException e) {
            replica.close();
            throw e;
        }
    }

    /**
     * Tells by what was written whether it can be read so.
     *
     * @throws StateMismatchException if there is no such state, or it or the keys were written in another way
     */
    public static void requireFit(StateSchema written, String operator, Serde<?> keys, State<?> state) {
        state.readersOf(written, operator, keys);
    }

    /** Which state it is, and how its values look as bytes; immutable. */
    public static final class State<V> {
        private final String name;
        private final Serde<V> serde;

        private State(String name, Serde<V> serde) {
            this.name = name;
            this.serde = serde;
        }

        /**
         * Its values are those of the descriptor's kind: a value, a {@code List}, a {@code Map}, what elements were
         * reduced to, or an accumulator. What has expired and was not taken away yet is among them.
         */
        public static State<?> of(StateDescriptor descriptor) {
            return new State<>(descriptor.name(), serdeOf(descriptor));
        }

        private static Serde<?> serdeOf(StateDescriptor descriptor) {
            if (descriptor instanceof ValueStateDescriptor<?> value) {
                return new SchemaSerde<>("value", value.serde());
            } else if (descriptor instanceof ListStateDescriptor<?> list) {
                return new ListSerde<>(list.serde());
            } else if (descriptor instanceof MapStateDescriptor<?, ?> map) {
                return new MapSerde<>(map.keySerde(), map.valueSerde());
            } else if (descriptor instanceof ReducingStateDescriptor<?> reducing) {
                return new SchemaSerde<>("reducing", reducing.serde());
            }
            return new SchemaSerde<>(
                    "aggregating", ((AggregatingStateDescriptor<?, ?, ?>) descriptor).accumulatorSerde());
        }

        /** Of what one key has. */
        public Serde<V> serde() {
            return serde;
        }

        /** By section; null: it is none of the state's. */
        private List<@Nullable Function<BinaryReader, V>> readersOf(
                StateSchema schema, String operator, Serde<?> keys) {
            schema.checkKeys(operator, keys.schema(), schema.maxParallelism());
            schema.checkSection(operator, new StateSchema.Section(StateSchema.Kind.STATE, name, serde.schema()), serde);
            if (schema.indexOf(name) < 0) {
                throw new StateMismatchException("The operator " + operator + " has no state \"" + name
                        + "\"; it has "
                        + schema.sections().stream()
                                .filter(section -> section.kind() == StateSchema.Kind.STATE)
                                .map(StateSchema.Section::name)
                                .toList()
                        + ". Name one of these.");
            }
            List<@Nullable Function<BinaryReader, V>> readers = new ArrayList<>();
            for (StateSchema.Section section : schema.sections()) {
                readers.add(section.name().equals(name) ? serde.reader(section.schema()) : null);
            }
            return readers;
        }
    }

    /** Goes on behind the key that was at hand when {@link #position} was asked for. */
    public void seek(byte[] position) {
        BinaryReader in = new BinaryReader(position);
        rows.seekBehind(in.readUnsignedVarInt(), in.readBytes(in.remaining()));
    }

    /** Of the entry at hand. */
    public byte[] position() {
        BinaryWriter out = new BinaryWriter(rows.keyLength + 5);
        out.writeUnsignedVarInt(rows.group);
        out.writeBytes(rows.key, rows.keyAt, rows.keyLength);
        return out.toByteArray();
    }

    /** Moves to the next key that has something in the state; false: there is none. */
    public boolean next() throws IOException {
        while (rows.next()) {
            valueReader = null;
            rows.forEachSection((number, at, length) -> {
                if (readers.get(number) != null) {
                    valueReader = readers.get(number);
                    valueAt = at;
                    valueLength = length;
                }
            });
            if (valueReader != null) {
                return true;
            }
        }
        return false;
    }

    public K key() {
        reader.reset(rows.key, rows.keyAt, rows.keyLength);
        return keys.read(reader);
    }

    public V value() {
        reader.reset(rows.row, valueAt, valueLength);
        return whole(Objects.requireNonNull(valueReader, "no entry is at hand").apply(reader));
    }

    /** Of a map or a list that is in parts, all of them: a part is of the same kind. */
    @SuppressWarnings("unchecked")
    private V whole(V value) {
        if (value instanceof PartedMap<?, ?> parted) {
            LinkedHashMap<Object, Object> all = new LinkedHashMap<>();
            for (int i = 0; i < parted.parts; i++) {
                V part = partOrNull(i);
                if (part != null) {
                    all.putAll((Map<Object, Object>) part);
                }
            }
            return (V) all;
        } else if (value instanceof PartedList<?> parted) {
            ArrayList<Object> all = new ArrayList<>();
            for (int i = 0; i < parted.parts; i++) {
                V part = partOrNull(i);
                if (part != null) {
                    all.addAll((List<Object>) part);
                }
            }
            all.addAll(parted);
            return (V) all;
        }
        return value;
    }

    private @Nullable V partOrNull(int number) {
        partKey.clear();
        partKey.writeUnsignedVarInt(rows.keyLength);
        partKey.writeBytes(rows.key, rows.keyAt, rows.keyLength);
        partKey.writeString(name);
        partKey.writeInt(number);
        byte[] bytes = replica.partOrNull(rows.group, partKey.array(), partKey.length());
        BinaryReader in = new BinaryReader(bytes == null ? new byte[0] : bytes);
        while (in.remaining() > 0) {
            Function<BinaryReader, V> as = readers.get(in.readUnsignedVarInt());
            int length = in.readLength();
            if (as != null && bytes != null) {
                return as.apply(new BinaryReader(bytes, in.position(), length));
            }
            in.skip(length);
        }
        return null;
    }

    @Override
    public void close() {
        rows.close();
        replica.close();
    }
}
