package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The head of a segment that consists of files; immutable. The files follow it. Either they are sorted ones, which a
 * {@link RocksStore} takes in as they are, those of groups that are here whole first: what a later one says of a key
 * counts. Or they are the image of a store, all of its files, under their names: these are a store as they are.
 *
 * @param checkpoint that it was written for
 * @param base 0: it stands alone; else what has changed since that checkpoint
 * @param range the key groups of the writer
 * @param isWhole by group of the range: all of it is in this segment
 * @param wholeSince by group of the range: the checkpoint whose segment has it whole
 * @param groupBytes by group of the range: what the state has in it, about
 * @param schema with a layout in it the format is 4 more
 * @param hasParts there may be parts of maps and lists in the files: the format is 1 more
 * @param fileNames of an image, which stands alone: the format is 2 more; empty: sorted files
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
        List<String> fileNames,
        long[] fileLengths) {
    static final int MAGIC = 0x53564B52; // "SVKR"
    private static final int LEAST_VERSION = 1;
    private static final int WITH_PARTS = 1; // Are added to it.
    private static final int OF_IMAGE = 2;
    private static final int WITH_LAYOUT = 4;

    /** Says which file of an image is the record of the others. */
    private static final String FIRST_FILE = "CURRENT";

    private static final int MOST_HEAD_BYTES = 64 << 20;
    /** They become names in a directory here. */
    private static final Pattern FILE_NAME = Pattern.compile("[0-9A-Za-z][0-9A-Za-z.-]*");

    FilesSegment {
        fileNames = List.copyOf(fileNames);
    }

    boolean isImage() {
        return !fileNames.isEmpty();
    }

    /** Files beside its tables, which any store has, hold no rows. */
    boolean mayHaveRows() {
        return isImage()
                ? fileNames.stream().anyMatch(name -> RocksStore.isSorted(Path.of(name)))
                : fileLengths.length > 0;
    }

    /** Magic number, version, length of the rest of the head, and that. */
    byte[] head() {
        BinaryWriter out = new BinaryWriter();
        out.writeInt(MAGIC);
        out.writeInt(LEAST_VERSION
                + (hasParts ? WITH_PARTS : 0)
                + (isImage() ? OF_IMAGE : 0)
                + (schema.hasLayout() ? WITH_LAYOUT : 0));
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
        for (int i = 0; i < fileLengths.length; i++) {
            if (isImage()) {
                out.writeString(fileNames.get(i));
            }
            out.writeVarLong(fileLengths[i]);
        }
        out.putInt(start - Integer.BYTES, out.length() - start);
        return out.toByteArray();
    }

    /** @param in behind the magic number */
    static FilesSegment read(InputStream in, String operator) throws IOException {
        BinaryReader start = new BinaryReader(exactly(in, 2 * Integer.BYTES));
        int version = start.readInt();
        int length = start.readInt();
        int with = version - LEAST_VERSION;
        if ((with & ~(WITH_PARTS + OF_IMAGE + WITH_LAYOUT)) != 0 || length < 0 || length > MOST_HEAD_BYTES) {
            throw new CorruptDataException("The keyed state of operator " + operator + " has format " + version
                    + " with a head of " + length + " bytes, and this version of Selvage reads formats "
                    + LEAST_VERSION + " to " + (LEAST_VERSION + WITH_PARTS + OF_IMAGE + WITH_LAYOUT)
                    + " only. Restore with the version that wrote it, or start the job anew.");
        }
        boolean hasParts = (with & WITH_PARTS) != 0;
        boolean isImage = (with & OF_IMAGE) != 0;
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
        List<String> names = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            if (isImage) {
                names.add(fileName(head, names, operator));
            }
            lengths[i] = head.readVarLong();
        }
        if (isImage && (base != 0 || !names.contains(FIRST_FILE))) {
            throw new CorruptDataException("The keyed state of operator " + operator + " in checkpoint " + checkpoint
                    + " is an image of the files " + names + ", and adds to checkpoint " + base
                    + ": an image has a file " + FIRST_FILE + " and stands alone. Restore another checkpoint.");
        }
        return new FilesSegment(
                checkpoint, base, range, isWhole, wholeSince, groupBytes, schema, hasParts, names, lengths);
    }

    private static String fileName(BinaryReader head, List<String> before, String operator) {
        String name = head.readString();
        if (!FILE_NAME.matcher(name).matches() || before.contains(name)) {
            throw new CorruptDataException("The keyed state of operator " + operator + " has a file '" + name
                    + "', which is no name that RocksDB gives, or is there twice. Restore another checkpoint.");
        }
        return name;
    }

    /** The head may be read before it is known to be what was written. */
    static void requireRoom(int count, BinaryReader head, String operator) {
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
