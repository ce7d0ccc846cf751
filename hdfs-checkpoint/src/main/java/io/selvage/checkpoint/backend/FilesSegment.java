package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * The head of a segment that consists of sorted files, which a {@link RocksStore} takes in as they are; immutable. The
 * files follow it, those of groups that are here whole first: what a later one says of a key counts.
 *
 * @param checkpoint that it was written for
 * @param base 0: it stands alone; else what has changed since that checkpoint
 * @param range the key groups of the writer
 * @param isWhole by group of the range: all of it is in this segment
 * @param wholeSince by group of the range: the checkpoint whose segment has it whole
 * @param groupBytes by group of the range: what the state has in it, about
 * @param hasParts there may be parts of maps and lists in the files: format 2, and else 1
 * @param fileLengths in bytes
 */
record FilesSegment(
        long checkpoint,
        long base,
        KeyGroupRange range,
        boolean[] isWhole,
        long[] wholeSince,
        long[] groupBytes,
        StateSchema schema,
        boolean hasParts,
        long[] fileLengths) {
    static final int MAGIC = 0x53564B52; // "SVKR"
    static final int VERSION = 1;
    static final int VERSION_WITH_PARTS = 2;

    private static final int MOST_HEAD_BYTES = 64 << 20;

    /** Magic number, version, length of the rest of the head, and that. */
    byte[] head() {
        BinaryWriter out = new BinaryWriter();
        out.writeInt(MAGIC);
        out.writeInt(hasParts ? VERSION_WITH_PARTS : VERSION);
        out.writeInt(0);
        int start = out.length();
        out.writeLong(checkpoint);
        out.writeLong(base);
        out.writeInt(range.first());
        out.writeInt(range.end());
        for (int i = 0; i < range.count(); i++) {
            out.writeBoolean(isWhole[i]);
            out.writeUnsignedVarInt(Math.toIntExact(checkpoint - wholeSince[i]));
            out.writeVarLong(groupBytes[i]);
        }
        schema.write(out);
        out.writeUnsignedVarInt(fileLengths.length);
        for (long length : fileLengths) {
            out.writeVarLong(length);
        }
        out.putInt(start - Integer.BYTES, out.length() - start);
        return out.toByteArray();
    }

    /** @param in behind the magic number */
    static FilesSegment read(InputStream in, String operator) throws IOException {
        BinaryReader start = new BinaryReader(exactly(in, 2 * Integer.BYTES));
        int version = start.readInt();
        int length = start.readInt();
        boolean hasParts = version == VERSION_WITH_PARTS;
        if (version != VERSION && !hasParts || length < 0 || length > MOST_HEAD_BYTES) {
            throw new CorruptDataException("The keyed state of operator " + operator + " has format " + version
                    + " with a head of " + length + " bytes, and this version of Selvage reads formats " + VERSION
                    + " and " + VERSION_WITH_PARTS
                    + " only. Restore with the version that wrote it, or start the job anew.");
        }
        BinaryReader head = new BinaryReader(exactly(in, length));
        long checkpoint = head.readLong();
        long base = head.readLong();
        KeyGroupRange range = new KeyGroupRange(head.readInt(), head.readInt());
        requireRoom(range.count(), head, operator);
        boolean[] isWhole = new boolean[range.count()];
        long[] wholeSince = new long[range.count()];
        long[] groupBytes = new long[range.count()];
        for (int i = 0; i < range.count(); i++) {
            isWhole[i] = head.readBoolean();
            wholeSince[i] = checkpoint - head.readUnsignedVarInt();
            groupBytes[i] = head.readVarLong();
        }
        StateSchema schema = StateSchema.read(head);
        int count = head.readUnsignedVarInt();
        requireRoom(count, head, operator);
        long[] lengths = new long[count];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = head.readVarLong();
        }
        return new FilesSegment(checkpoint, base, range, isWhole, wholeSince, groupBytes, schema, hasParts, lengths);
    }

    /** The head may be read before it is known to be what was written. */
    private static void requireRoom(int count, BinaryReader head, String operator) {
        if (count < 0 || count > head.remaining()) {
            throw new CorruptDataException("The head of a segment of operator " + operator + " announces " + count
                    + " entries where " + head.remaining() + " bytes are left.");
        }
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new EOFException("a segment of keyed state ends after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }
}
