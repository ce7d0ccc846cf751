package io.selvage.api.type;

import java.util.Arrays;

/**
 * A growing run of bytes that serdes write to; big-endian, reused by its owner from record to record.
 *
 * <p>Owned by one thread. Variable-length integers are LEB128, signed ones zigzag-coded first (Protocol Buffers,
 * "Encoding").
 */
public final class BinaryWriter {
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private byte[] bytes;
    private int position;

    public BinaryWriter() {
        this(256);
    }

    /** @param initialCapacity in bytes */
    public BinaryWriter(int initialCapacity) {
        bytes = new byte[Math.max(16, initialCapacity)];
    }

    /** The bytes written so far are {@code array()[0 .. length())}; valid until the next write. */
    public byte[] array() {
        return bytes;
    }

    /** Bytes written so far. */
    public int length() {
        return position;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, position);
    }

    /** Forgets what was written after {@code length}, which must not be beyond what was written. */
    public void truncate(int length) {
        if (length < 0 || length > position) {
            throw new IllegalArgumentException("cannot truncate " + position + " bytes to " + length);
        }
        position = length;
    }

    public void clear() {
        position = 0;
    }

    public void writeByte(int value) {
        ensure(1);
        bytes[position++] = (byte) value;
    }

    public void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    public void writeShort(short value) {
        ensure(2);
        bytes[position++] = (byte) (value >>> 8);
        bytes[position++] = (byte) value;
    }

    public void writeChar(char value) {
        writeShort((short) value);
    }

    public void writeInt(int value) {
        ensure(4);
        setInt(position, value);
        position += 4;
    }

    /** Overwrites four bytes that were written before, at {@code offset}. */
    public void putInt(int offset, int value) {
        if (offset < 0 || offset + 4 > position) {
            throw new IllegalArgumentException("offset " + offset + " is outside the " + position + " bytes written");
        }
        setInt(offset, value);
    }

    public void writeLong(long value) {
        ensure(8);
        setInt(position, (int) (value >>> 32));
        setInt(position + 4, (int) value);
        position += 8;
    }

    public void writeFloat(float value) {
        writeInt(Float.floatToIntBits(value));
    }

    public void writeDouble(double value) {
        writeLong(Double.doubleToLongBits(value));
    }

    /** Unsigned LEB128: one byte up to 127. */
    public void writeUnsignedVarInt(int value) {
        ensure(5);
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            bytes[position++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[position++] = (byte) rest;
    }

    /** Zigzag LEB128: one byte from -64 to 63. */
    public void writeVarInt(int value) {
        writeUnsignedVarInt((value << 1) ^ (value >> 31));
    }

    /** Zigzag LEB128: one byte from -64 to 63. */
    public void writeVarLong(long value) {
        ensure(10);
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            bytes[position++] = (byte) ((int) rest | 0x80);
            rest >>>= 7;
        }
        bytes[position++] = (byte) rest;
    }

    public void writeBytes(byte[] source, int offset, int count) {
        ensure(count);
        System.arraycopy(source, offset, bytes, position, count);
        position += count;
    }

    /** Length as an unsigned varint, then the bytes. */
    public void writeByteArray(byte[] source) {
        writeUnsignedVarInt(source.length);
        writeBytes(source, 0, source.length);
    }

    /** Begins a run of bytes that its length is to precede; answers what {@link #endRun} wants. */
    public int beginRun() {
        writeByte(0);
        return position;
    }

    /**
     * Ends a run: it is now as {@link #writeByteArray} would have written it. Runs of more than 127 bytes are moved.
     *
     * @return where its first byte is
     */
    public int endRun(int start) {
        int length = position - start;
        if (length <= 0x7F) {
            bytes[start - 1] = (byte) length;
            return start;
        }
        return moveRun(start, length);
    }

    private int moveRun(int start, int length) {
        int lengthBytes = 1;
        for (int rest = length >>> 7; rest != 0; rest >>>= 7) {
            lengthBytes++;
        }
        ensure(lengthBytes - 1);
        int moved = start - 1 + lengthBytes;
        System.arraycopy(bytes, start, bytes, moved, length);
        position = start - 1;
        writeUnsignedVarInt(length);
        position = moved + length;
        return moved;
    }

    /**
     * Length in bytes as an unsigned varint, then UTF-8; allocates nothing. A surrogate that is not one of a pair is
     * written as if it were a character, so any string comes back as it was (WTF-8: Sapin, "The WTF-8 encoding").
     */
    public void writeString(String text) {
        int count = text.length();
        ensure(5 + count);
        int start = position;
        writeUnsignedVarInt(count);
        int at = position;
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                position = start;
                writeUtf8(text, i);
                return;
            }
            bytes[at++] = (byte) c;
        }
        position = at;
    }

    private void writeUtf8(String text, int ascii) {
        int count = Utf8.length(text, ascii);
        ensure(5 + count);
        writeUnsignedVarInt(count);
        position = Utf8.encode(text, bytes, position);
    }

    private void setInt(int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }

    private void ensure(int more) {
        if (more > bytes.length - position) {
            grow(more);
        }
    }

    private void grow(int more) {
        long needed = (long) position + more;
        if (needed > LARGEST_ARRAY) {
            throw new IllegalStateException("a run of " + needed + " bytes is longer than an array can be");
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(LARGEST_ARRAY, Math.max(needed, 2L * bytes.length)));
    }
}
