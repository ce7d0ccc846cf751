package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Owned by one thread. What one state of a replica has for each key that has something in it, in an order that depends
 * on the keys' bytes alone. The replica belongs to it.
 */
public final class StateEntries<K, V> implements AutoCloseable {
    private final StateReplica replica;
    private final Serde<K> keys;
    private final Serde<V> values;
    private final int section; // -1: no key has anything.
    private final RowCursor rows;
    private final BinaryReader reader = new BinaryReader(new byte[0]);
    private int valueAt;
    private int valueLength;

    /**
     * @throws StateMismatchException if the state, or the keys, were written in another way
     * @throws io.selvage.api.type.CorruptDataException if segments are missing
     */
    public StateEntries(StateReplica replica, Serde<K> keys, State<V> state) throws IOException {
        this.replica = replica;
        this.keys = keys;
        this.values = state.serde();
        this.section = state.requiredIn(replica, keys);
        replica.requireComplete();
        this.rows = replica.cursor();
    }

    /** Which state it is, and how its values look as bytes; immutable. */
    public static final class State<V> {
        private final String name;
        private final Serde<V> serde;

        private State(String name, Serde<V> serde) {
            this.name = name;
            this.serde = serde;
        }

        public static <T> State<T> of(ValueStateDescriptor<T> descriptor) {
            return new State<>(descriptor.name(), new SchemaSerde<>(descriptor.serde(), descriptor.schema()));
        }

        @SuppressWarnings("unchecked")
        public static <T> State<List<T>> of(ListStateDescriptor<T> descriptor) {
            Serde<?> serde = new ListSerde<>(descriptor.serde(), descriptor.schema());
            return new State<>(descriptor.name(), (Serde<List<T>>) serde);
        }

        /** A map's order is that of insertion. */
        @SuppressWarnings("unchecked")
        public static <A, B> State<Map<A, B>> of(MapStateDescriptor<A, B> descriptor) {
            Serde<?> serde = new MapSerde<>(descriptor.keySerde(), descriptor.valueSerde(), descriptor.schema());
            return new State<>(descriptor.name(), (Serde<Map<A, B>>) serde);
        }

        private Serde<V> serde() {
            return serde;
        }

        private int requiredIn(StateReplica replica, Serde<?> keys) {
            StateSchema schema = replica.schema();
            schema.checkKeys(replica.operator, keys.schema(), schema.maxParallelism());
            schema.checkSection(
                    replica.operator, new StateSchema.Section(StateSchema.Kind.STATE, name, serde.schema()));
            int section = schema.indexOf(name);
            if (section < 0) {
                throw new StateMismatchException("The operator " + replica.operator + " has no state \"" + name
                        + "\" in checkpoint " + replica.checkpoint() + "; it has "
                        + schema.sections().stream()
                                .map(StateSchema.Section::name)
                                .toList()
                        + ". Name one of these.");
            }
            return section;
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
            valueAt = -1;
            rows.forEachSection((number, at, length) -> {
                if (number == section) {
                    valueAt = at;
                    valueLength = length;
                }
            });
            if (valueAt >= 0) {
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
        return Objects.requireNonNull(values.read(reader));
    }

    @Override
    public void close() {
        rows.close();
        replica.close();
    }
}
