package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;

/**
 * The bytes that a keyed backend puts into one checkpoint; immutable. First who wrote what for which checkpoint, and
 * for each key group how many checkpoints earlier it was last written whole. Then key groups, each with its number, a
 * byte that is 1 if it is here whole, and the length of its entries. An entry is a key's canonical bytes and the row's
 * bytes, each behind their length, then a byte that is 1 if the row has timers, and in that case the time of the
 * earliest. A row of no bytes is one that has gone, and nothing follows it.
 *
 * @param checkpoint that it was written for
 * @param base 0: it stands alone; else what has changed since that checkpoint
 * @param range the key groups of the writer
 * @param wholeSince by group of the range: the checkpoint whose segment has it whole
 * @param bodyAt where the groups begin
 */
record Segment(
        byte[] bytes,
        long checkpoint,
        long base,
        KeyGroupRange range,
        long[] wholeSince,
        StateSchema schema,
        int bodyAt) {
    static final int MAGIC = 0x53564B53; // "SVKS"
    static final int VERSION = 2;

    /** Takes the entries of one key group. */
    interface GroupReader {
        /** @param in the entries; to be read to their end */
        void group(int group, boolean isWhole, BinaryReader in);
    }

    /** @param wholeSince by group of the range: the checkpoint whose segment has it whole */
    static void writeHeader(
            BinaryWriter out, long checkpoint, long base, KeyGroupRange range, long[] wholeSince, StateSchema schema) {
        out.writeInt(MAGIC);
        out.writeInt(VERSION);
        out.writeLong(checkpoint);
        out.writeLong(base);
        out.writeInt(range.first());
        out.writeInt(range.end());
        for (long since : wholeSince) {
            out.writeUnsignedVarInt(Math.toIntExact(checkpoint - since));
        }
        schema.write(out);
    }

    static Segment read(byte[] bytes, String operator) {
        BinaryReader in = new BinaryReader(bytes);
        int magic = in.readInt();
        int version = in.readInt();
        if (magic != MAGIC || version != VERSION) {
            throw new CorruptDataException("The keyed state of operator " + operator + " begins with 0x"
                    + Integer.toHexString(magic) + " and format " + version + ", and this version of Selvage reads 0x"
                    + Integer.toHexString(MAGIC) + " and format " + VERSION
                    + " only. Restore with the version that wrote it, or start the job anew.");
        }
        long checkpoint = in.readLong();
        long base = in.readLong();
        KeyGroupRange range = new KeyGroupRange(in.readInt(), in.readInt());
        long[] wholeSince = new long[range.count()];
        for (int i = 0; i < wholeSince.length; i++) {
            wholeSince[i] = checkpoint - in.readUnsignedVarInt();
        }
        StateSchema schema = StateSchema.read(in);
        return new Segment(bytes, checkpoint, base, range, wholeSince, schema, in.position());
    }

    void forEachGroup(GroupReader reader) {
        BinaryReader in = new BinaryReader(bytes, bodyAt, bytes.length - bodyAt);
        while (in.remaining() > 0) {
            int group = in.readUnsignedVarInt();
            boolean isWhole = in.readBoolean();
            int length = in.readInt();
            int start = in.position();
            in.skip(length);
            reader.group(group, isWhole, new BinaryReader(bytes, start, length));
        }
    }

    /** Answers where the length goes, for {@link #endGroup}. */
    static int beginGroup(BinaryWriter out, int group, boolean isWhole) {
        out.writeUnsignedVarInt(group);
        out.writeBoolean(isWhole);
        out.writeInt(0);
        return out.length() - Integer.BYTES;
    }

    static void endGroup(BinaryWriter out, int lengthAt) {
        out.putInt(lengthAt, out.length() - lengthAt - Integer.BYTES);
    }

    /** What follows a row's bytes, unless there are none. */
    static void endEntry(BinaryWriter out, long firstTimerMillis) {
        boolean hasTimers = firstTimerMillis != Long.MAX_VALUE;
        out.writeBoolean(hasTimers);
        if (hasTimers) {
            out.writeLong(firstTimerMillis);
        }
    }
}
