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

/**
 * What a keyed backend puts into one checkpoint, as it is read back. Its bytes say first, behind their length, who
 * wrote what for which checkpoint, and for each key group how many checkpoints earlier it was last written whole. Then
 * come key groups, each with its number, a byte that is 1 if it is here whole, and the length of its entries. An entry
 * is a key's canonical bytes and the row's bytes, each behind their length, then a byte that is 1 if the row has
 * timers, and in that case the time of the earliest. A row of no bytes is one that has gone, and nothing follows it.
 *
 * <p>Format 4 is that of segments that have parts of maps and lists: behind the rows of a group come its parts, as
 * another group of that number, whose byte has 2 added. Where there never were any, segments are of format 3. With a
 * layout among the sections the format is 2 more, so that versions that know of none say so.
 *
 * @param checkpoint that it was written for
 * @param base 0: it stands alone; else what has changed since that checkpoint
 * @param range the key groups of the writer
 * @param wholeSince by group of the range: the checkpoint whose segment has it whole
 * @param mayHaveParts rows may say that what they have is in parts, also if none are left: the format is 1 more
 * @param groups those that it has and that were wanted
 */
record Segment(
        long checkpoint,
        long base,
        KeyGroupRange range,
        long[] wholeSince,
        StateSchema schema,
        boolean mayHaveParts,
        List<Group> groups) {
    static final int MAGIC = 0x53564B53; // "SVKS"
    static final int VERSION = 3;
    static final int VERSION_WITH_PARTS = 4;
    private static final int WITH_LAYOUT = 2; // Is added to it.

    private static final int WHOLE = 1;
    private static final int PARTS = 2;

    private static final int START_BYTES = 3 * Integer.BYTES;
    private static final int GROUP_START_BYTES = 2 * Integer.BYTES + 1;

    /**
     * The entries of one key group; the array belongs to whoever takes it.
     *
     * @param isOfParts they are not rows of keys; these come before them, if there are any
     */
    record Group(int number, boolean isWhole, boolean isOfParts, byte[] entries) {}

    Segment {
        groups = List.copyOf(groups);
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    /** @param wholeSince by group of the range: the checkpoint whose segment has it whole */
    static void writeHead(
            BinaryWriter out,
            long checkpoint,
            long base,
            KeyGroupRange range,
            long[] wholeSince,
            StateSchema schema,
            boolean mayHaveParts) {
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
        out.putInt(start - Integer.BYTES, out.length() - start);
    }

    /** Answers where the length of the entries goes, in four bytes. */
    static int beginGroup(BinaryWriter out, int group, boolean isWhole, boolean isOfParts) {
        out.writeInt(group);
        out.writeByte((isWhole ? WHOLE : 0) + (isOfParts ? PARTS : 0));
        out.writeInt(0);
        return out.length() - Integer.BYTES;
    }

    /** What follows a row's bytes, unless there are none. */
    static void endEntry(BinaryWriter out, FirstTimers firstTimers) {
        firstTimers.write(out);
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /**
     * Reads one to its end.
     *
     * @param length in bytes
     * @param operator named in messages
     * @param wanted other key groups are left out
     * @param arrived told of each group at once; only at the end is it certain that it is what was written
     * @throws EOFException if there are fewer bytes
     * @throws CorruptDataException if it is not what a backend has written
     */
    static Segment read(InputStream in, long length, String operator, KeyGroupRange wanted, Consumer<Group> arrived)
            throws IOException {
        Input from = new Input(in, length, operator);
        Segment head = readHead(from);
        List<Group> groups = new ArrayList<>();
        while (from.left > 0) {
            BinaryReader start = new BinaryReader(from.next(GROUP_START_BYTES));
            int number = start.readInt();
            int is = start.readByte();
            int bytes = start.readInt();
            if ((is & ~(WHOLE + PARTS)) != 0) {
                throw new CorruptDataException("The keyed state of operator " + operator + " has a key group " + number
                        + " of kind " + is + ". Restore another checkpoint.");
            }
            if (wanted.contains(number)) {
                Group group = new Group(number, (is & WHOLE) != 0, (is & PARTS) != 0, from.next(bytes));
                groups.add(group);
                arrived.accept(group);
            } else {
                from.skip(bytes);
            }
        }
        from.requireEnd();
        return new Segment(
                head.checkpoint, head.base, head.range, head.wholeSince, head.schema, head.mayHaveParts, groups);
    }

    /** The same, but for the groups. */
    static Segment readHead(InputStream in, long length, String operator) throws IOException {
        return readHead(new Input(in, length, operator));
    }

    private static Segment readHead(Input from) throws IOException {
        BinaryReader start = new BinaryReader(from.next(START_BYTES));
        int magic = start.readInt();
        int version = start.readInt();
        if (magic != MAGIC || version < VERSION || version > VERSION_WITH_PARTS + WITH_LAYOUT) {
            throw new CorruptDataException("The keyed state of operator " + from.operator + " begins with 0x"
                    + Integer.toHexString(magic) + " and format " + version + ", and this version of Selvage reads 0x"
                    + Integer.toHexString(MAGIC) + " and formats " + VERSION + " to "
                    + (VERSION_WITH_PARTS + WITH_LAYOUT)
                    + " only. Restore with the version that wrote it, or start the job anew.");
        }
        BinaryReader head = new BinaryReader(from.next(start.readInt()));
        long checkpoint = head.readLong();
        long base = head.readLong();
        KeyGroupRange range = new KeyGroupRange(head.readInt(), head.readInt());
        if (range.count() > head.remaining()) { // It may be read before it is known to be what was written.
            throw new CorruptDataException("The head of a segment of operator " + from.operator + " announces "
                    + range.count() + " key groups where " + head.remaining() + " bytes are left.");
        }
        long[] wholeSince = new long[range.count()];
        for (int i = 0; i < wholeSince.length; i++) {
            wholeSince[i] = checkpoint - head.readUnsignedVarInt();
        }
        boolean mayHaveParts = version == VERSION_WITH_PARTS || version == VERSION_WITH_PARTS + WITH_LAYOUT;
        return new Segment(checkpoint, base, range, wholeSince, StateSchema.read(head), mayHaveParts, List.of());
    }

    /** Owned by its reader. */
    private static final class Input {
        private final InputStream in;
        private final long length;
        private final String operator;
        private long left;

        Input(InputStream in, long length, String operator) {
            this.in = in;
            this.length = length;
            this.operator = operator;
            this.left = length;
        }

        byte[] next(int count) throws IOException {
            take(count);
            byte[] bytes = new byte[count];
            int read = in.readNBytes(bytes, 0, count);
            if (read < count) {
                throw new EOFException("a segment of " + length + " bytes ends " + (left + count - read) + " earlier");
            }
            return bytes;
        }

        void skip(int count) throws IOException {
            take(count);
            in.skipNBytes(count);
        }

        private void take(int count) {
            if (count < 0 || count > left) {
                throw new CorruptDataException("The keyed state of operator " + operator + " has " + length
                        + " bytes, and ends in the midst of something. Restore another checkpoint.");
            }
            left -= count;
        }

        void requireEnd() throws IOException {
            if (in.read() >= 0) {
                throw new EOFException("a segment of " + length + " bytes has more");
            }
        }
    }
}
