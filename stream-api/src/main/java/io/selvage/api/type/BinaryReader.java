package io.selvage.api.type;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link BinaryWriter} wrote; owned by one thread and reused by {@link #reset}.
 *
 * <p>Reading past the end throws {@link CorruptDataException}.
 */
public final class BinaryReader {
    private byte[] bytes;
    private int position;
    private int limit;

    public BinaryReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    public BinaryReader(byte[] bytes, int offset, int count) {
        this.bytes = bytes;
        reset(bytes, offset, count);
    }

    /** Reads {@code source[offset .. offset + count)} from now on; the array is not copied. */
    public void reset(byte[] source, int offset, int count) {
        if (offset < 0 || count < 0 || offset + count > source.length) {
            throw new IllegalArgumentException(
                    "offset " + offset + " and count " + count + " do not fit an array of " + source.length);
        }
        bytes = source;
        position = offset;
        limit = offset + count;
    }

    /** Index of the next byte in the array. */
    public int position() {
        return position;
    }

    /** Bytes left. */
    public int remaining() {
        return limit - position;
    }

    public void skip(int count) {
        need(count);
        position += count;
    }

    public byte readByte() {
        need(1);
        return bytes[position++];
    }

    public boolean readBoolean() {
        return readByte() != 0;
    }

    public short readShort() {
        need(2);
        int value = (bytes[position] & 0xFF) << 8 | (bytes[position + 1] & 0xFF);
        position += 2;
        return (short) value;
    }

    public char readChar() {
        return (char) readShort();
    }

    public int readInt() {
        need(4);
        int value = intAt(position);
        position += 4;
        return value;
    }

    public long readLong() {
        need(8);
        long value = (long) intAt(position) << 32 | (intAt(position + 4) & 0xFFFF_FFFFL);
        position += 8;
        return value;
    }

    public float readFloat() {
        return Float.intBitsToFloat(readInt());
    }

    public double readDouble() {
        return Double.longBitsToDouble(readLong());
    }

    public int readUnsignedVarInt() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = readByte();
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new CorruptDataException("a variable-length int of more than 5 bytes before offset " + position);
    }

    public int readVarInt() {
        int raw = readUnsignedVarInt();
        return (raw >>> 1) ^ -(raw & 1);
    }

    public long readVarLong() {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = readByte();
            raw |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new CorruptDataException("a variable-length long of more than 10 bytes before offset " + position);
    }

    /** A length of what follows, checked against what is left. */
    public int readLength() {
        int length = readUnsignedVarInt();
        need(length);
        return length;
    }

    public byte[] readBytes(int count) {
        need(count);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + count);
        position += count;
        return copy;
    }

    public byte[] readByteArray() {
        return readBytes(readLength());
    }

    public String readString() {
        int length = readLength();
        String text = new String(bytes, position, length, StandardCharsets.UTF_8);
        position += length;
        return text;
    }

    private int intAt(int at) {
        return (bytes[at] & 0xFF) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | (bytes[at + 3] & 0xFF);
    }

    private void need(int count) {
        if (count < 0 || count > limit - position) {
            throw new CorruptDataException(
                    count + " bytes wanted at offset " + position + ", where " + (limit - position) + " are left");
        }
    }
}
