package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * Owned by one thread. What one state of a replica has for each key that has something in it, in an order that depends
 * on the keys' bytes alone. The replica belongs to it.
 */
public final class StateEntries<K, V> implements AutoCloseable {
    private static final int MOST_HEAD_BYTES = 4 << 20;

    private final StateReplica replica;
    private final Serde<K> keys;
    private final Serde<V> values;
    private final int section;
    private final RowCursor rows;
    private final BinaryReader reader = new BinaryReader(new byte[0]);
    private int valueAt;
    private int valueLength;

    private StateEntries(StateReplica replica, Serde<K> keys, State<V> state) throws IOException {
        this.replica = replica;
        this.keys = keys;
        this.values = state.serde();
        this.section = state.requiredIn(replica.schema(), replica.operator, keys);
        replica.requireComplete();
        this.rows = replica.cursor();
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
     * Tells from the head of a segment whether it can be read so.
     *
     * @param segment of whichever backend; more than its head may be read
     * @throws StateMismatchException if there is no such state, or it or the keys were written in another way
     */
    public static void requireFit(InputStream segment, String operator, Serde<?> keys, State<?> state)
            throws IOException {
        byte[] magic = segment.readNBytes(Integer.BYTES);
        boolean isOfFiles = magic.length == Integer.BYTES && new BinaryReader(magic).readInt() == FilesSegment.MAGIC;
        StateSchema schema;
        if (isOfFiles) {
            schema = FilesSegment.read(segment, operator).schema();
        } else {
            BinaryWriter head = new BinaryWriter();
            head.writeBytes(magic, 0, magic.length);
            byte[] rest = segment.readNBytes(MOST_HEAD_BYTES);
            head.writeBytes(rest, 0, rest.length);
            schema = Segment.read(head.toByteArray(), operator).schema();
        }
        state.requiredIn(schema, operator, keys);
    }

    /** Which state it is, and how its values look as bytes; immutable. */
    public static final class State<V> {
        private final String name;
        private final Serde<V> serde;

        private State(String name, Serde<V> serde) {
            this.name = name;
            this.serde = serde;
        }

        /** Its values are those of the descriptor's kind: a value, a {@code List} or a {@code Map}. */
        public static State<?> of(StateDescriptor descriptor) {
            Serde<?> serde;
            if (descriptor instanceof ValueStateDescriptor<?> value) {
                serde = new SchemaSerde<>(value.serde(), value.schema());
            } else if (descriptor instanceof ListStateDescriptor<?> list) {
                serde = new ListSerde<>(list.serde(), list.schema());
            } else {
                MapStateDescriptor<?, ?> map = (MapStateDescriptor<?, ?>) descriptor;
                serde = new MapSerde<>(map.keySerde(), map.valueSerde(), map.schema());
            }
            return new State<>(descriptor.name(), serde);
        }

        /** Of what one key has. */
        public Serde<V> serde() {
            return serde;
        }

        private int requiredIn(StateSchema schema, String operator, Serde<?> keys) {
            schema.checkKeys(operator, keys.schema(), schema.maxParallelism());
            schema.checkSection(operator, new StateSchema.Section(StateSchema.Kind.STATE, name, serde.schema()));
            int section = schema.indexOf(name);
            if (section < 0) {
                throw new StateMismatchException("The operator " + operator + " has no state \"" + name
                        + "\"; it has "
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
