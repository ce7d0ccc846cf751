package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What rows are made of; immutable. A row's bytes are, for each section that it has something of: the section's place
 * in the list, the number of bytes, and these. So rows can be told apart, and put into another order of sections,
 * without any serde.
 */
record StateSchema(String keySchema, int maxParallelism, List<Section> sections) {
    /** What a section is of; the order is the format's. */
    enum Kind {
        STATE("state"),
        TIMERS("timers");

        final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    /** A state, or a queue of timers. */
    record Section(Kind kind, String name, String schema) {}

    StateSchema {
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

    static StateSchema read(BinaryReader in) {
        String keySchema = in.readString();
        int maxParallelism = in.readInt();
        int count = in.readUnsignedVarInt();
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

    @Nullable
    Section section(String name) {
        int at = indexOf(name);
        return at < 0 ? null : sections.get(at);
    }

    int indexOf(String name) {
        for (int i = 0; i < sections.size(); i++) {
            if (sections.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
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

    /** @throws StateMismatchException if there is a section of that name and it was written in another way */
    void checkSection(String operator, Section declared) {
        Section written = section(declared.name());
        if (written == null || written.equals(declared)) {
            return;
        }
        throw new StateMismatchException("The state \"" + declared.name() + "\" of operator " + operator
                + " was written as " + written.kind().word + " " + written.schema() + " and is now declared as "
                + declared.kind().word + " " + declared.schema()
                + ". Declare it as it was, or give it another name to start it empty.");
    }

    /** These sections, and behind them those of another schema that are not among them. */
    StateSchema with(StateSchema other, String operator) {
        other.checkKeys(operator, keySchema, maxParallelism);
        List<Section> all = new ArrayList<>(sections);
        for (Section section : other.sections) {
            checkSection(operator, section);
            if (section(section.name()) == null) {
                all.add(section);
            }
        }
        return new StateSchema(keySchema, maxParallelism, all);
    }

    /** For each section, where another schema has it; -1: nowhere. */
    int[] placesIn(StateSchema other) {
        int[] places = new int[sections.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = other.indexOf(sections.get(i).name());
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
