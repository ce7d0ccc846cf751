package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a keyed backend puts into one checkpoint, as it is read back. Its bytes say first, behind their length, who
 * wrote what for which checkpoint, for each key group how many checkpoints earlier it was last written whole, and which
 * sections there are: of each the key group, a byte that is 1 if the group is here whole, the length of its entries and
 * their checksum. A checksum of all of this head follows it, and then the entries of the sections, one after the other.
 * So a section can be left out, and all that is not is known to be what was written.
 *
 * <p>An entry is a key's canonical bytes and the row's bytes, each behind their length, then a byte that is 1 if the
 * row has timers, and in that case the time of the earliest. A row of no bytes is one that has gone, and nothing
 * follows it.
 *
 * <p>Of a segment that adds to a base, what has changed since that comes first, in sections of its own, also of groups
 * that are here whole: the others of these have all that has not changed. Who has such a group as it was at the base
 * has no use for them, and need not go beyond what has changed.
 *
 * <p>Segments that have parts of maps and lists are of a format that is 1 more: behind the rows of a group come its
 * parts, as another section of that group, whose byte has 2 added. With a layout among the schema's sections the format
 * is 2 more, so that versions that know of none say so. Formats 3 to 6 are those of before there was a list of
 * sections: each group's number, byte and length stand before its entries, there are no checksums, and a group that is
 * whole has all of its rows.
 *
 * @param checkpoint that it was written for
 * @param base 0: it stands alone; else what has changed since that checkpoint
 * @param range the key groups of the writer
 * @param wholeSince by group of the range: the checkpoint whose segment has it whole
 * @param mayHaveParts rows may say that what they have is in parts, also if none are left
 * @param hasChangesApart also of groups that it has whole
 * @param groups those that it has and that were wanted: what is whole, and then what has changed
 */
record Segment(
        long checkpoint,
        long base,
        KeyGroupRange range,
        long[] wholeSince,
        StateSchema schema,
        boolean mayHaveParts,
        boolean hasChangesApart,
        List<Group> groups) {
    static final int MAGIC = 0x53564B53; // "SVKS"
    static final int VERSION = 7;
    static final int VERSION_WITH_PARTS = 8;
    private static final int LEAST_VERSION = 3;
    private static final int WITH_PARTS = 1; // Are added to it.
    private static final int WITH_LAYOUT = 2;
    private static final int WITH_CONTENTS = 4;

    private static final int WHOLE = 1;
    private static final int PARTS = 2;

    private static final int START_BYTES = 3 * Integer.BYTES;
    private static final int GROUP_START_BYTES = 2 * Integer.BYTES + 1;

    /** To read less than that takes no longer than to go to another place of a file. */
    static final int LEAST_LEFT_OUT_BYTES = 1 << 19;

    /**
     * The entries of one key group; the array belongs to whoever takes it.
     *
     * @param isOfParts they are not rows of keys; these come before them, if there are any
     */
    record Group(int number, boolean isWhole, boolean isOfParts, byte[] entries) {}

    /**
     * Of the entries of one key group.
     *
     * @param bytes how many there are
     */
    record Section(int number, boolean isWhole, boolean isOfParts, int bytes, int crc32c) {}

    /** What is wanted of a segment. */
    interface Choice {
        /** @param head the segment without its groups */
        boolean wants(Segment head, Section section);
    }

    private record Head(
            Segment segment, @Nullable List<Section> contents) {} // null: each section says itself what it is.

    Segment {
        groups = List.copyOf(groups);
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    /** Owned by a cut: the list of a segment's sections. */
    static final class Contents {
        private final BinaryWriter out = new BinaryWriter();
        private int count;

        void add(Section section) {
            out.writeUnsignedVarInt(section.number());
            out.writeByte((section.isWhole() ? WHOLE : 0) + (section.isOfParts() ? PARTS : 0));
            out.writeUnsignedVarInt(section.bytes());
            out.writeInt(section.crc32c());
            count++;
        }

        private void write(BinaryWriter to) {
            to.writeUnsignedVarInt(count);
            to.writeBytes(out.array(), 0, out.length());
        }
    }

    /**
     * What precedes the sections.
     *
     * @param wholeSince by group of the range: the checkpoint whose segment has it whole
     */
    static BinaryWriter head(
            long checkpoint,
            long base,
            KeyGroupRange range,
            long[] wholeSince,
            StateSchema schema,
            boolean mayHaveParts,
            Contents contents) {
        BinaryWriter out = new BinaryWriter();
        out.writeInt(MAGIC);
        out.writeInt((mayHaveParts ? VERSION_WITH_PARTS : VERSION) + (schema.hasLayout() ? WITH_LAYOUT : 0));
        out.writeInt(0);
        int start = out.length();
        out.writeLong(checkpoint);
        out.writeLong(base);
        out.writeInt(range.first());
        out.writeInt(range.end());
        for (long since : wholeSince) {
            out.writeUnsignedVarInt(Math.toIntExact(checkpoint - since));
        }
        schema.write(out);
        contents.write(out);
        out.putInt(start - Integer.BYTES, out.length() - start + Integer.BYTES);
        out.writeInt(crc32c(out.array(), 0, out.length()));
        return out;
    }

    /** What follows a row's bytes, unless there are none. */
    static void endEntry(BinaryWriter out, FirstTimers firstTimers) {
        firstTimers.write(out);
    }

    private static int crc32c(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /**
     * Reads one to its end. Of what it skips in the stream nobody has to know whether it is what was written.
     *
     * @param length in bytes
     * @param operator named in messages
     * @param arrived told of each group at once; only at the end is it certain that it is what was written
     * @throws EOFException if there are fewer bytes
     * @throws CorruptDataException if it is not what a backend has written
     */
    static Segment read(InputStream in, long length, String operator, Choice choice, Consumer<Group> arrived)
            throws IOException {
        Input from = new Input(in, length, operator);
        Head head = readHead(from);
        Segment segment = head.segment();
        List<Group> whole = new ArrayList<>();
        List<Group> changes = new ArrayList<>();
        if (head.contents() == null) {
            while (from.left > 0) {
                Section section = readSection(from);
                if (choice.wants(segment, section)) {
                    Group group = read(from, section);
                    (group.isWhole() ? whole : changes).add(group);
                    arrived.accept(group);
                } else {
                    from.next(section.bytes()); // What is left out can't be verified by the rest.
                }
            }
        } else {
            for (Section section : head.contents()) {
                if (choice.wants(segment, section)) {
                    Group group = read(from, section);
                    int actual = crc32c(group.entries(), 0, section.bytes());
                    requireSame(from, actual, section.crc32c(), "key group " + section.number());
                    (group.isWhole() ? whole : changes).add(group);
                    arrived.accept(group);
                } else {
                    from.pass(section.bytes());
                }
            }
        }
        from.requireEnd();
        whole.addAll(changes);
        return new Segment(
                segment.checkpoint,
                segment.base,
                segment.range,
                segment.wholeSince,
                segment.schema,
                segment.mayHaveParts,
                segment.hasChangesApart,
                whole);
    }

    private static Group read(Input from, Section section) throws IOException {
        return new Group(section.number(), section.isWhole(), section.isOfParts(), from.next(section.bytes()));
    }

    /** The same, but for the groups. */
    static Segment readHead(InputStream in, long length, String operator) throws IOException {
        return readHead(new Input(in, length, operator)).segment();
    }

    /** Whether there are entries of any section; of one that does not list them, whether there may be. */
    static boolean mayHaveRows(InputStream in, long length, String operator) throws IOException {
        Input from = new Input(in, length, operator);
        List<Section> contents = readHead(from).contents();
        return contents == null ? from.left > 0 : contents.stream().anyMatch(section -> section.bytes() > 0);
    }

    private static Head readHead(Input from) throws IOException {
        byte[] startBytes = from.next(START_BYTES);
        BinaryReader start = new BinaryReader(startBytes);
        int magic = start.readInt();
        int version = start.readInt();
        int with = version - LEAST_VERSION;
        if (magic != MAGIC || (with & ~(WITH_PARTS + WITH_LAYOUT + WITH_CONTENTS)) != 0) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " begins with 0x"
                    + Integer.toHexString(magic) + " and format " + version + ", and this version of Selvage reads 0x"
                    + Integer.toHexString(MAGIC) + " and formats " + LEAST_VERSION + " to "
                    + (LEAST_VERSION + WITH_PARTS + WITH_LAYOUT + WITH_CONTENTS)
                    + " only. Restore with the version that wrote it, or start the job anew.");
        }
        boolean hasContents = (with & WITH_CONTENTS) != 0;
        byte[] bytes = from.next(start.readInt());
        if (hasContents) {
            requireHead(from, startBytes, bytes);
        }
        BinaryReader head = new BinaryReader(bytes);
        long checkpoint = head.readLong();
        long base = head.readLong();
        KeyGroupRange range = new KeyGroupRange(head.readInt(), head.readInt());
        FilesSegment.requireRoom(range.count(), head, from.operator);
        long[] wholeSince = new long[range.count()];
        for (int i = 0; i < wholeSince.length; i++) {
            wholeSince[i] = checkpoint - head.readUnsignedVarInt();
        }
        Segment segment = new Segment(
                checkpoint,
                base,
                range,
                wholeSince,
                StateSchema.read(head),
                (with & WITH_PARTS) != 0,
                hasContents && base != 0,
                List.of());
        List<Section> contents = hasContents ? readContents(head, from) : null;
        if (head.remaining() != (hasContents ? Integer.BYTES : 0)) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " in checkpoint "
                    + checkpoint + " begins with a head that is longer than it says. Restore another checkpoint.");
        }
        return new Head(segment, contents);
    }

    private static List<Section> readContents(BinaryReader head, Input from) {
        List<Section> sections = new ArrayList<>();
        long bytes = 0;
        for (int left = head.readCount(); left > 0; left--) {
            int number = head.readUnsignedVarInt();
            int kind = head.readByte();
            Section section = section(number, kind, head.readUnsignedVarInt(), head.readInt(), from);
            sections.add(section);
            bytes += section.bytes();
        }
        if (bytes != from.left) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " has sections of " + bytes
                    + " bytes, and " + from.left + " bytes of its " + from.length
                    + " are left for them. Restore another checkpoint.");
        }
        return sections;
    }

    /** Of the older formats. */
    private static Section readSection(Input from) throws IOException {
        BinaryReader start = new BinaryReader(from.next(GROUP_START_BYTES));
        int number = start.readInt();
        return section(number, start.readByte(), start.readInt(), 0, from);
    }

    private static Section section(int number, int kind, int bytes, int crc32c, Input from) {
        if ((kind & ~(WHOLE + PARTS)) != 0) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " has a key group " + number
                    + " of kind " + kind + ". Restore another checkpoint.");
        }
        return new Section(number, (kind & WHOLE) != 0, (kind & PARTS) != 0, bytes, crc32c);
    }

    /** Its last four bytes are the checksum of all before them. */
    private static void requireHead(Input from, byte[] start, byte[] rest) {
        int length = rest.length - Integer.BYTES;
        if (length < 0) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " begins with a head of "
                    + rest.length + " bytes. Restore another checkpoint.");
        }
        CRC32C crc = new CRC32C();
        crc.update(start);
        crc.update(rest, 0, length);
        int expected = new BinaryReader(rest, length, Integer.BYTES).readInt();
        requireSame(from, (int) crc.getValue(), expected, "its beginning");
    }

    private static void requireSame(Input from, int actual, int expected, String what) {
        if (actual != expected) {
            throw new CorruptDataException(String.format(
                    "The keyed state of operator %s is damaged: %s has checksum 0x%08x and should have 0x%08x."
                            + " Restore another checkpoint.",
                    from.operator, what, actual, expected));
        }
    }

    /** Owned by its reader. */
    private static final class Input {
        private final InputStream in;
        private final long length;
        private final String operator;
        private long left;
        private long passed; // Not yet read, or skipped, in the stream.

        Input(InputStream in, long length, String operator) {
            this.in = in;
            this.length = length;
            this.operator = operator;
            this.left = length;
        }

        byte[] next(int count) throws IOException {
            take(count);
            leave();
            byte[] bytes = new byte[count];
            int read = in.readNBytes(bytes, 0, count);
            if (read < count) {
                throw new EOFException("a segment of " + length + " bytes ends " + (left + count - read) + " earlier");
            }
            return bytes;
        }

        /** Nobody needs them. */
        void pass(int count) {
            take(count);
            passed += count;
        }

        private void take(int count) {
            if (count < 0 || count > left) {
                throw new CorruptDataException("The keyed state of operator " + operator + " has " + length
                        + " bytes, and ends in the midst of something. Restore another checkpoint.");
            }
            left -= count;
        }

        /** What is little is read, so that the whole can be verified as well. */
        private void leave() throws IOException {
            long bytes = passed;
            passed = 0;
            if (bytes >= LEAST_LEFT_OUT_BYTES) {
                in.skipNBytes(bytes);
            } else if (bytes > 0 && in.readNBytes((int) bytes).length < bytes) {
                throw new EOFException("a segment of " + length + " bytes ends more than " + left + " earlier");
            }
        }

        void requireEnd() throws IOException {
            leave();
            if (in.read() >= 0) {
                throw new EOFException("a segment of " + length + " bytes has more");
            }
        }
    }
}
