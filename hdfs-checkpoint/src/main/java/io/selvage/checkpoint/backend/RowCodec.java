package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Owned by the backend. Rows as bytes and back; {@link StateSchema} says how they look. */
final class RowCodec<K> {
    private final Serde<K> keySerde;
    private final int maxParallelism;
    private final List<StateSchema.Section> sections = new ArrayList<>();
    private final List<@Nullable Serde<Object>> states = new ArrayList<>(); // By section; null: timers.
    private final List<@Nullable RowTimerQueue<K, ?>> timers = new ArrayList<>(); // By section; null: a state.
    private final List<@Nullable ExpiringSerde<Object>> expiring = new ArrayList<>(); // By section; null: it does not.
    private boolean hasExpiring;
    private StateSchema.@Nullable Section namespaces; // Their layout: a section without anything in rows.
    private @Nullable WordLayout layout; // Of the sections that there are; null: none is a number.
    private @Nullable StateSchema numberedAs; // null: sections are numbered as they were added.
    private int[] numbers = {}; // By section, if so.
    private int[] places = {}; // By number; -1: no section of this codec.
    private final List<@Nullable Function<BinaryReader, Object>> readers = new ArrayList<>(); // By number, if so.
    private boolean[] isStamped = {}; // By number, if so: the time of the last use is in the bytes.
    private final BinaryReader reader = new BinaryReader(new byte[0]);
    private final BinaryReader cellReader = new BinaryReader(new byte[0]);

    RowCodec(Serde<K> keySerde, int maxParallelism) {
        this.keySerde = keySerde;
        this.maxParallelism = maxParallelism;
    }

    int maxParallelism() {
        return maxParallelism;
    }

    int sectionCount() {
        return sections.size();
    }

    /** An empty row in the heap; all sections have been added. */
    Row newRow(Object key, int hash, int group) {
        WordLayout laidOut = layout;
        return laidOut == null ? new Row(key, hash, group, sections.size()) : new WordRow(key, hash, group, laidOut);
    }

    @SuppressWarnings("unchecked")
    void addState(StateSchema.Section section, Serde<?> serde) {
        sections.add(section);
        states.add((Serde<Object>) serde);
        timers.add(null);
        expiring.add(serde instanceof ExpiringSerde<?> expires ? (ExpiringSerde<Object>) expires : null);
        hasExpiring |= serde instanceof ExpiringSerde<?>;
        layout = WordLayout.of(states);
    }

    void addTimers(StateSchema.Section section, RowTimerQueue<K, ?> queue) {
        sections.add(section);
        states.add(null);
        timers.add(queue);
        expiring.add(null);
        layout = WordLayout.of(states);
    }

    void setLayout(StateSchema.Section section) {
        namespaces = section;
    }

    /** Null: it is of timers. */
    @Nullable
    Serde<?> serdeOf(StateSchema.Section section) {
        return states.get(sections.indexOf(section));
    }

    /** Of the rows that it writes. */
    StateSchema schema() {
        return numberedAs == null ? declared() : numberedAs;
    }

    /** The sections that were added, in their order, and the layout behind them. */
    StateSchema declared() {
        List<StateSchema.Section> all = new ArrayList<>(sections);
        if (namespaces != null) {
            all.add(namespaces);
        }
        return new StateSchema(keySerde.schema(), maxParallelism, all);
    }

    /**
     * Rows are as in that schema, which has all of these sections; those that only it has are read as the section of
     * their name is, or let pass.
     */
    void numberAs(StateSchema wanted) {
        StateSchema declared = declared();
        if (wanted.sections().equals(declared.sections())) {
            return;
        }
        numberedAs = wanted;
        numbers = declared.placesIn(wanted);
        places = new int[wanted.sections().size()];
        isStamped = new boolean[places.length];
        readers.clear();
        for (int i = 0; i < places.length; i++) {
            StateSchema.Section written = wanted.sections().get(i);
            places[i] = indexOf(written.name());
            Serde<Object> serde = places[i] < 0 ? null : states.get(places[i]);
            readers.add(serde == null ? null : serde.reader(written.schema()));
            isStamped[i] = ExpiringSerde.schemaOfContent(written.schema()).isPresent();
        }
    }

    /** Whether rows that are objects are the same to both. */
    boolean hasSectionsOf(RowCodec<?> other) {
        return sections.equals(other.sections);
    }

    /** Of a part: its owner's behind its length, the state's name, and the number, so that parts are in their order. */
    @SuppressWarnings("unchecked")
    void writeKey(Object key, BinaryWriter out) {
        if (key instanceof PartKey part) {
            int owner = out.beginRun();
            keySerde.write((K) part.owner(), out);
            out.endRun(owner);
            out.writeString(part.state());
            out.writeInt(part.number());
        } else {
            keySerde.write((K) key, out);
        }
    }

    PartKey readPartKey(byte[] bytes, int offset, int length) {
        BinaryReader in = new BinaryReader(bytes, offset, length);
        int ownerLength = in.readLength();
        K owner = readKey(bytes, in.position(), ownerLength);
        in.skip(ownerLength);
        return new PartKey(owner, in.readString(), in.readInt());
    }

    K readKey(byte[] bytes, int offset, int length) {
        reader.reset(bytes, offset, length);
        return keySerde.read(reader);
    }

    /** @param firstTimers becomes what the row's are */
    void writeRow(Row row, BinaryWriter out, FirstTimers firstTimers) {
        firstTimers.clear();
        int count = row.sectionCount();
        for (int i = 0; i < count; i++) {
            Object value = row.get(i);
            if (value != null) {
                out.writeUnsignedVarInt(numberedAs == null ? i : numbers[i]);
                int cell = out.beginRun();
                Serde<Object> serde = states.get(i);
                if (serde != null) {
                    serde.write(value, out);
                } else {
                    Objects.requireNonNull(timers.get(i)).write(row, out, firstTimers);
                }
                out.endRun(cell);
            }
        }
    }

    /** What each state's cell is as bytes; null where there is nothing, or timers, or what expires by itself. */
    @Nullable
    byte[][] writeStates(Row row) {
        BinaryWriter out = new BinaryWriter();
        @Nullable byte[][] cells = new byte[row.sectionCount()][];
        for (int i = 0; i < cells.length; i++) {
            Serde<Object> serde = states.get(i);
            Object value = row.get(i);
            if (serde != null && value != null && expiring.get(i) == null) {
                out.clear();
                serde.write(value, out);
                cells[i] = out.toByteArray();
            }
        }
        return cells;
    }

    /** What {@link #writeStates} has written for that state, for people. */
    String describe(int section, byte[] bytes) {
        Serde<Object> serde = Objects.requireNonNull(states.get(section));
        return String.valueOf(serde.read(new BinaryReader(bytes)));
    }

    String nameOf(int section) {
        return sections.get(section).name();
    }

    /** Fills an empty row; its timers are not in their queues yet. */
    void readRow(byte[] bytes, int offset, int length, Row row) {
        reader.reset(bytes, offset, length);
        while (reader.remaining() > 0) {
            int number = reader.readUnsignedVarInt();
            int size = reader.readLength();
            cellReader.reset(bytes, reader.position(), size);
            reader.skip(size);
            int section = numberedAs == null ? number : places[number];
            if (section < 0) {
                continue;
            }
            RowTimerQueue<K, ?> queue = timers.get(section);
            Serde<Object> serde = states.get(section);
            Function<BinaryReader, Object> as = numberedAs == null ? null : readers.get(number);
            if (as != null) {
                row.set(section, as.apply(cellReader));
            } else if (serde != null) {
                row.set(section, serde.read(cellReader));
            } else if (queue != null) {
                queue.read(row, cellReader);
            }
        }
    }

    void insertTimers(Row row) {
        for (int i = 0; i < timers.size(); i++) {
            RowTimerQueue<K, ?> queue = timers.get(i);
            if (queue != null) {
                queue.insertAll(row);
            }
        }
    }

    /** Leaves the row with nothing. */
    void empty(Row row) {
        for (int i = 0; i < timers.size(); i++) {
            RowTimerQueue<K, ?> queue = timers.get(i);
            if (queue != null) {
                queue.removeAll(row);
            } else {
                row.clear(i);
            }
        }
    }

    // ---- what expires --------------------------------------------------------------------------------------------

    /** Whether any state does. */
    boolean hasExpiring() {
        return hasExpiring;
    }

    /** Whether the row has something that has. */
    boolean hasExpired(Row row) {
        for (int i = 0; i < expiring.size(); i++) {
            ExpiringSerde<Object> serde = expiring.get(i);
            Object value = serde == null ? null : row.get(i);
            if (serde != null
                    && value != null
                    && serde.hasExpired(value, serde.limit().horizonMillis())) {
                return true;
            }
        }
        return false;
    }

    /** Takes that away. Answers how many entries of a map have gone, if the row is a part of it. */
    int expire(Row row) {
        int gone = 0;
        for (int i = 0; i < expiring.size(); i++) {
            ExpiringSerde<Object> serde = expiring.get(i);
            Object value = serde == null ? null : row.get(i);
            if (serde == null || value == null) {
                continue;
            }
            int before = value instanceof Map<?, ?> map ? map.size() : 0;
            if (serde.expire(value, serde.limit().horizonMillis())) {
                row.clear(i);
            }
            gone += value instanceof Map<?, ?> map ? before - map.size() : 0;
        }
        return row.isPart() ? gone : 0;
    }

    /** So many entries have gone from a part of what the owner has, unless that was left from an earlier map. */
    void onExpired(Row owner, PartKey part, int count) {
        Object value = owner.get(indexOf(part.state()));
        if (value instanceof PartedMap<?, ?> parted && part.number() < parted.parts) {
            parted.entries -= count;
        }
    }

    /** Of what rows have something of; -1: it is nothing of the kind. */
    private int indexOf(String name) {
        for (int section = 0; section < sections.size(); section++) {
            if (sections.get(section).name().equals(name)) {
                return section;
            }
        }
        return -1;
    }

    /** The same of a row that is bytes; but of lists and maps, only whether all of one has. */
    boolean hasExpired(byte[] bytes, int offset, int length) {
        reader.reset(bytes, offset, length);
        while (reader.remaining() > 0) {
            int number = reader.readUnsignedVarInt();
            int size = reader.readLength();
            reader.skip(size);
            int section = numberedAs == null ? number : places[number];
            ExpiringSerde<Object> serde = section < 0 ? null : expiring.get(section);
            if (serde != null) {
                long lastUse = numberedAs == null || isStamped[number]
                        ? ExpiringSerde.lastUseMillis(bytes, reader.position())
                        : serde.limit().startMillis();
                if (lastUse <= serde.limit().horizonMillis()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Takes over the timers of a codec of the same sections. */
    void adoptTimers(RowCodec<?> earlier) {
        for (int i = 0; i < timers.size(); i++) {
            RowTimerQueue<K, ?> queue = timers.get(i);
            RowTimerQueue<?, ?> other = earlier.timers.get(i);
            if (queue != null && other != null) {
                queue.adopt(other);
            }
        }
    }
}
