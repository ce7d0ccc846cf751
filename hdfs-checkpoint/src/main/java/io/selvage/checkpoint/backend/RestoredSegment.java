package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Immutable. The bytes that one subtask's keyed backend has written: a header, then for each state and timer queue a
 * section, in which every key group that is not empty has its number, its length in bytes and its entries.
 */
final class RestoredSegment {
    static final int MAGIC = 0x53564B53; // "SVKS"
    static final int VERSION = 1;

    /** What a section is of; the order is the format's. */
    enum Kind {
        STATE("state"),
        TIMERS("timers");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    private record Section(Kind kind, String schema, int offset, int length) {}

    /** Takes the entries of one key group. */
    @FunctionalInterface
    interface GroupReader {
        void read(int group, BinaryReader in);
    }

    private final byte[] bytes;
    private final Map<String, Section> sections = new LinkedHashMap<>();

    RestoredSegment(byte[] bytes, String operator, String keySchema, int maxParallelism) {
        this.bytes = bytes;
        BinaryReader in = new BinaryReader(bytes);
        int magic = in.readInt();
        int version = in.readInt();
        if (magic != MAGIC || version != VERSION) {
            throw new CorruptDataException("The keyed state of operator " + operator + " begins with 0x"
                    + Integer.toHexString(magic) + " and format " + version + ", and this version of Selvage reads 0x"
                    + Integer.toHexString(MAGIC) + " and format " + VERSION
                    + " only. Restore with the version that wrote it.");
        }
        int writtenMax = in.readInt();
        if (writtenMax != maxParallelism) {
            throw new StateMismatchException("The state of operator " + operator + " was written with "
                    + writtenMax + " key groups and can't be restored into " + maxParallelism
                    + ": set the job's maximum parallelism back to " + writtenMax + ".");
        }
        String writtenKeys = in.readString();
        if (!writtenKeys.equals(keySchema)) {
            throw new StateMismatchException("The keys of operator " + operator + " were written as " + writtenKeys
                    + " and are now " + keySchema
                    + ". Keep the key's type, or give the operator another uid to start it without its state.");
        }
        readSections(in);
    }

    static void writeHeader(BinaryWriter out, String keySchema, int maxParallelism, int sectionCount) {
        out.writeInt(MAGIC);
        out.writeInt(VERSION);
        out.writeInt(maxParallelism);
        out.writeString(keySchema);
        out.writeUnsignedVarInt(sectionCount);
    }

    /** Answers where the length goes, for {@link #endSection}. */
    static int beginSection(BinaryWriter out, Kind kind, String name, String schema) {
        out.writeByte(kind.ordinal());
        out.writeString(name);
        out.writeString(schema);
        out.writeInt(0);
        return out.length() - Integer.BYTES;
    }

    static void endSection(BinaryWriter out, int lengthAt) {
        out.putInt(lengthAt, out.length() - lengthAt - Integer.BYTES);
    }

    /** Answers where the length goes, for {@link #endGroup}. */
    static int beginGroup(BinaryWriter out, int group) {
        out.writeUnsignedVarInt(group);
        out.writeInt(0);
        return out.length() - Integer.BYTES;
    }

    static void endGroup(BinaryWriter out, int lengthAt) {
        out.putInt(lengthAt, out.length() - lengthAt - Integer.BYTES);
    }

    Set<String> names() {
        return sections.keySet();
    }

    /** Hands over the groups of a section that lie in a range; none if there is no such section. */
    void read(String operator, Kind kind, String name, String schema, KeyGroupRange range, GroupReader reader) {
        Section section = sections.get(name);
        if (section == null) {
            return;
        }
        check(operator, kind, name, schema, section);
        int end = section.offset() + section.length();
        BinaryReader in = new BinaryReader(bytes, section.offset(), section.length());
        while (in.remaining() > 0) {
            int group = in.readUnsignedVarInt();
            int length = in.readInt();
            int start = in.position();
            if (range.contains(group)) {
                reader.read(group, new BinaryReader(bytes, start, Math.min(length, end - start)));
            }
            in.skip(length);
        }
    }

    private static void check(String operator, Kind kind, String name, String schema, Section section) {
        if (section.kind() == kind && section.schema().equals(schema)) {
            return;
        }
        throw new StateMismatchException("The state \"" + name + "\" of operator " + operator + " was written as "
                + section.kind().word + " " + section.schema()
                + " and is now declared as " + kind.word + " " + schema
                + ". Declare it as it was, or give it another name to start it empty.");
    }

    private void readSections(BinaryReader in) {
        int count = in.readUnsignedVarInt();
        for (int i = 0; i < count; i++) {
            Kind kind = Kind.values()[in.readByte()];
            String name = in.readString();
            String schema = in.readString();
            int length = in.readInt();
            sections.put(name, new Section(kind, schema, in.position(), length));
            in.skip(length);
        }
    }
}
