package io.selvage.api.type;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link BinaryWriter} wrote; owned by one thread and reused by {@link #reset}.
 *
 * <p>Reading past the end throws {@link CorruptDataException}, and so does what the writer never writes: whatever is
 * read would be written as the same bytes again.
 */
public final class BinaryReader {
    /**
     * So many elements of a collection may be written as no bytes at all. Each other count is at most that of the bytes
     * that follow, which is how one that is damaged is told before room is made for it.
     */
    static final int MOST_WITHOUT_BYTES = 1024;

    private static final int FLOAT_NAN = Float.floatToIntBits(Float.NaN);
    private static final long DOUBLE_NAN = Double.doubleToLongBits(Double.NaN);

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
        if (offset < 0 || count < 0 || count > source.length - offset) {
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
        byte value = readByte();
        if ((value & ~1) != 0) {
            throw new CorruptDataException("a boolean of " + value + " before offset " + position);
        }
        return value != 0;
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
        int bits = readInt();
        float value = Float.intBitsToFloat(bits);
        if (Float.isNaN(value) && bits != FLOAT_NAN) {
            throw notTheOneNan(Integer.toHexString(bits));
        }
        return value;
    }

    public double readDouble() {
        long bits = readLong();
        double value = Double.longBitsToDouble(bits);
        if (Double.isNaN(value) && bits != DOUBLE_NAN) {
            throw notTheOneNan(Long.toHexString(bits));
        }
        return value;
    }

    private CorruptDataException notTheOneNan(String bits) {
        return new CorruptDataException(
                "a NaN of the bits " + bits + ", of which none is written, before offset " + position);
    }

    public int readUnsignedVarInt() {
        byte b = readByte();
        if (b >= 0) {
            return b;
        }
        int value = b & 0x7F;
        for (int shift = 7; shift < 28; shift += 7) {
            b = readByte();
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return b == 0 ? (int) overlong() : value;
            }
        }
        b = readByte();
        if (b <= 0 || b > 0x0F) { // The fifth has what is left of 32 bits.
            throw new CorruptDataException("a variable-length int of more than 32 bits before offset " + position);
        }
        return value | b << 28;
    }

    public int readVarInt() {
        int raw = readUnsignedVarInt();
        return (raw >>> 1) ^ -(raw & 1);
    }

    public long readVarLong() {
        byte b = readByte();
        long raw = b & 0x7F;
        if (b < 0) {
            raw = readRest(raw);
        }
        return (raw >>> 1) ^ -(raw & 1);
    }

    private long readRest(long first) {
        long raw = first;
        for (int shift = 7; shift < 63; shift += 7) {
            byte b = readByte();
            raw |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return b == 0 ? overlong() : raw;
            }
        }
        byte b = readByte();
        if (b != 1) { // The tenth has what is left of 64 bits.
            throw new CorruptDataException("a variable-length long of more than 64 bits before offset " + position);
        }
        return raw | 1L << 63;
    }

    private long overlong() {
        throw new CorruptDataException(
                "a variable-length number of more bytes than it needs before offset " + position);
    }

    /** How many elements follow, each of a byte at least, unless there are few. */
    public int readCount() {
        int count = readUnsignedVarInt();
        if (count < 0 || count > MOST_WITHOUT_BYTES && count > limit - position) {
            throw tooMany(count);
        }
        return count;
    }

    /** How many elements follow, each of so many bytes at least. */
    int readCount(int bytesEach) {
        int count = readUnsignedVarInt();
        if (count < 0 || count > (limit - position) / bytesEach) {
            throw tooMany(count);
        }
        return count;
    }

    private CorruptDataException tooMany(int count) {
        return new CorruptDataException(Integer.toUnsignedString(count) + " elements announced before offset "
                + position + ", where " + (limit - position) + " bytes are left");
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
        if (text.indexOf(Utf8.REPLACEMENT) >= 0) { // Which may be there of itself, or in place of what is no UTF-8.
            text = Utf8.decode(bytes, position, length);
        }
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
