package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.IncompatibleSchemaException;
import io.selvage.api.type.Serde;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What rows are made of; immutable. A row's bytes are, for each section that it has something of: the section's place
 * in the list, the number of bytes, and these. So rows can be told apart, and put into another order of sections,
 * without any serde.
 *
 * <p>A state whose type has changed from one version of the program to the next is two sections of one name: a row says
 * by the section's place under which schema it was written, and has the newer one when it is written again.
 */
public record StateSchema(String keySchema, int maxParallelism, List<Section> sections) {

    /** The layout's name. */
    static final String LAYOUT = "#layout";

    /** What a section is of; the order is the format's. */
    public enum Kind {
        STATE("state"),
        TIMERS("timers"),
        PROCESSING_TIMERS("processing-time timers"),
        /** Of this no row has anything: its schema says what the namespaces of the others stand for. */
        LAYOUT("layout");

        /** In messages. */
        public final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    /** A state, a queue of timers, or a layout. */
    public record Section(Kind kind, String name, String schema) {}

    public StateSchema {
        sections = List.copyOf(sections);
    }

    void write(BinaryWriter out) {
        out.writeString(keySchema);
        out.writeInt(maxParallelism);
        out.writeUnsignedVarInt(sections.size());
        for (Section section : sections) {
            out.writeByte(section.kind().ordinal());
            out.writeString(section.name());
            out.writeString(section.schema());
        }
    }

    /**
     * Of a segment, from its beginning: no state is read.
     *
     * @param segment open at its beginning; is left somewhere within
     * @param length of the segment, in bytes
     * @param operator named in messages
     * @throws CorruptDataException if a keyed backend has not written it
     */
    public static StateSchema ofSegment(InputStream segment, long length, String operator) throws IOException {
        byte[] magic = segment.readNBytes(Integer.BYTES);
        return isOfFiles(magic)
                ? FilesSegment.read(segment, operator).schema()
                : Segment.readHead(behind(magic, segment), length, operator).schema();
    }

    /**
     * Whether a segment has rows, as far as its head tells: else it may have some. No state is read.
     *
     * @param segment open at its beginning; is left somewhere within
     * @param length of the segment, in bytes
     * @param operator named in messages
     * @throws CorruptDataException if a keyed backend has not written it
     */
    public static boolean mayHaveRows(InputStream segment, long length, String operator) throws IOException {
        byte[] magic = segment.readNBytes(Integer.BYTES);
        return isOfFiles(magic)
                ? FilesSegment.read(segment, operator).mayHaveRows()
                : Segment.mayHaveRows(behind(magic, segment), length, operator);
    }

    private static boolean isOfFiles(byte[] magic) {
        return magic.length == Integer.BYTES && new BinaryReader(magic).readInt() == FilesSegment.MAGIC;
    }

    private static InputStream behind(byte[] magic, InputStream segment) {
        return new SequenceInputStream(new ByteArrayInputStream(magic), segment);
    }

    static StateSchema read(BinaryReader in) {
        String keySchema = in.readString();
        int maxParallelism = in.readInt();
        int count = in.readCount();
        List<Section> sections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int kind = in.readByte();
            if (kind < 0 || kind >= Kind.values().length) {
                throw new CorruptDataException("a section of kind " + kind + " of keyed state");
            }
            sections.add(new Section(Kind.values()[kind], in.readString(), in.readString()));
        }
        return new StateSchema(keySchema, maxParallelism, sections);
    }

    /** Where the first section of that name is; -1: there is none. */
    int indexOf(String name) {
        for (int i = 0; i < sections.size(); i++) {
            if (sections.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    boolean hasLayout() {
        return states().size() < sections.size();
    }

    /** The sections that rows have something of, states and queues of timers: all but the layout. */
    public List<Section> states() {
        return sections.stream()
                .filter(section -> section.kind() != Kind.LAYOUT)
                .toList();
    }

    /** @throws StateMismatchException if keys were written in another way, or into another number of groups */
    void checkKeys(String operator, String expectedKeys, int expectedGroups) {
        if (maxParallelism != expectedGroups) {
            throw new StateMismatchException("The state of operator " + operator + " was written with "
                    + maxParallelism + " key groups and can't be restored into " + expectedGroups
                    + ": set the job's maximum parallelism back to " + maxParallelism + ".");
        }
        if (!keySchema.equals(expectedKeys)) {
            throw new StateMismatchException("The keys of operator " + operator + " were written as " + keySchema
                    + " and are now " + expectedKeys
                    + ". Keep the key's type, or give the operator another uid to start it without its state.");
        }
    }

    /**
     * @param serde of the state as it is now; null: timers or a layout, which stay as they are
     * @throws StateMismatchException if there is a section of that name that was written in a way that can't be read
     */
    void checkSection(String operator, Section declared, @Nullable Serde<?> serde) {
        for (Section written : sections) {
            if (written.name().equals(declared.name()) && !written.equals(declared)) {
                requireReadable(operator, written, declared, serde);
            }
        }
    }

    /** What becomes of a state, of which this is what was written. */
    StateFate fateOf(String operator, Section declared, @Nullable Serde<?> serde) {
        String name = declared.name();
        List<Section> others = sections.stream()
                .filter(section -> section.name().equals(name) && !section.equals(declared))
                .toList();
        if (others.isEmpty()) {
            boolean isThere = sections.contains(declared);
            return new StateFate(name, isThere ? StateFate.Kind.RESTORED : StateFate.Kind.EMPTY, "");
        }
        try {
            checkSection(operator, declared, serde);
        } catch (StateMismatchException e) {
            return new StateFate(name, StateFate.Kind.REFUSED, String.valueOf(e.getMessage()));
        }
        String was = others.stream().map(Section::schema).collect(Collectors.joining(" and "));
        return new StateFate(name, StateFate.Kind.EVOLVED, "written as " + was + ", and now " + declared.schema());
    }

    private static void requireReadable(String operator, Section written, Section declared, @Nullable Serde<?> serde) {
        if (written.kind() == Kind.LAYOUT && declared.kind() == Kind.LAYOUT) {
            throw new StateMismatchException("The state of operator " + operator + " was written for "
                    + written.schema() + ", and the program has " + declared.schema()
                    + " there: what it holds can't be read so. Leave that as it was, or give the operator another uid"
                    + " to start it without its state.");
        }
        if (serde == null || written.kind() != declared.kind()) {
            throw new StateMismatchException("The state \"" + declared.name() + "\" of operator " + operator
                    + " was written as " + written.kind().word + " " + written.schema() + " and is now declared as "
                    + declared.kind().word + " " + declared.schema() + ". Declare it as it was, or give it another"
                    + " name to start it empty.");
        }
        try {
            serde.reader(written.schema());
        } catch (IncompatibleSchemaException e) {
            throw new StateMismatchException("The state \"" + declared.name() + "\" of operator " + operator
                    + " does not fit what was written: " + e.getMessage()
                    + ". Declare it as it was, or give the state another name to start it empty. (Components of"
                    + " records may be added, removed, reordered, and widened from int to long or double and from"
                    + " float to double.)");
        }
    }

    /** These sections, and behind them those of another schema that are not among them. */
    StateSchema with(StateSchema other, String operator) {
        other.checkKeys(operator, keySchema, maxParallelism);
        List<Section> all = new ArrayList<>(sections);
        other.sections.stream().filter(section -> !sections.contains(section)).forEach(all::add);
        return new StateSchema(keySchema, maxParallelism, all);
    }

    /** Of these sections, those whose names another schema has as well. */
    StateSchema onlyNamesOf(StateSchema other) {
        List<Section> known = sections.stream()
                .filter(section -> other.indexOf(section.name()) >= 0)
                .toList();
        return new StateSchema(keySchema, maxParallelism, known);
    }

    /** For each section, where another schema has it; -1: nowhere. */
    int[] placesIn(StateSchema other) {
        int[] places = new int[sections.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = other.sections.indexOf(sections.get(i));
        }
        return places;
    }

    /** Writes a row's bytes with its sections renumbered; those whose place is -1 are left out. */
    static void renumber(byte[] row, int offset, int length, int[] places, BinaryWriter out) {
        BinaryReader in = new BinaryReader(row, offset, length);
        while (in.remaining() > 0) {
            int section = in.readUnsignedVarInt();
            int size = in.readLength();
            if (section >= places.length) {
                throw new CorruptDataException(
                        "a row of keyed state has a section " + section + " of " + places.length);
            }
            if (places[section] >= 0) {
                out.writeUnsignedVarInt(places[section]);
                out.writeUnsignedVarInt(size);
                out.writeBytes(row, in.position(), size);
            }
            in.skip(size);
        }
    }
}
