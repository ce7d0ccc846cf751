package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;

/**
 * Stateless: what is in a {@link RocksStore}, and in which order. Two bytes are the key group; then a row's key is 0
 * and the key's canonical bytes, and its value the row's bytes and, backwards, its {@link FirstTimers}. Behind the rows
 * of a group is one key without a value for each row and clock by which it has timers: 1, or 2 for processing time, the
 * time of the earliest, so that earlier ones come first, and the key's bytes. Behind these are parts of what rows have:
 * 3 and the bytes of the part's key, all of one state of one key in their order; the value is as of a row. So all of a
 * group lies together, whatever it is of.
 */
final class RocksKeys {
    static final int ROW = 0;
    static final int DUE = 1;
    static final int PART = 3;
    /** Before the key's bytes in the key of a row, or a part. */
    static final int ROW_PREFIX = Short.BYTES + 1;
    /** Before the key's bytes in the key of what is due. */
    static final int DUE_PREFIX = ROW_PREFIX + Long.BYTES;

    static final byte[] NO_VALUE = {};

    private RocksKeys() {}

    /** Where all of a group begins. */
    static byte[] group(int group) {
        return new byte[] {(byte) (group >>> 8), (byte) group};
    }

    /** Where what is due in a group begins, and its rows end. */
    static byte[] due(int group) {
        return due(group, TimeDomain.EVENT_TIME);
    }

    /** Where what is due by one clock begins. */
    static byte[] due(int group, TimeDomain domain) {
        return new byte[] {(byte) (group >>> 8), (byte) group, (byte) (DUE + domain.ordinal())};
    }

    /** Behind all that. */
    static byte[] endOfDue(int group, TimeDomain domain) {
        return new byte[] {(byte) (group >>> 8), (byte) group, (byte) (DUE + domain.ordinal() + 1)};
    }

    static byte[] due(int group, TimeDomain domain, long millis, byte[] key, int offset, int length) {
        byte[] bytes = new byte[DUE_PREFIX + length];
        bytes[0] = (byte) (group >>> 8);
        bytes[1] = (byte) group;
        bytes[2] = (byte) (DUE + domain.ordinal());
        long ordered = millis ^ Long.MIN_VALUE;
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[ROW_PREFIX + i] = (byte) (ordered >>> (Long.SIZE - Byte.SIZE - Byte.SIZE * i));
        }
        System.arraycopy(key, offset, bytes, DUE_PREFIX, length);
        return bytes;
    }

    static int groupOf(byte[] key) {
        return (key[0] & 0xff) << 8 | key[1] & 0xff;
    }

    static boolean isRow(byte[] key) {
        return key[2] == ROW;
    }

    static boolean isPart(byte[] key) {
        return key[2] == PART;
    }

    /** Where what is of that kind in a group begins: {@link #ROW} or {@link #PART}. */
    static byte[] kind(int group, int kind) {
        return new byte[] {(byte) (group >>> 8), (byte) group, (byte) kind};
    }

    static boolean isDue(byte[] key, int group, TimeDomain domain) {
        return groupOf(key) == group && key[2] == DUE + domain.ordinal();
    }

    /** Of a key of what is due. */
    static long millisOf(byte[] due) {
        return new BinaryReader(due, ROW_PREFIX, Long.BYTES).readLong() ^ Long.MIN_VALUE;
    }

    /** Behind a row's bytes. */
    static void endValue(BinaryWriter out, FirstTimers firstTimers) {
        firstTimers.writeBackwards(out);
    }

    /** Of a value, the bytes that are the row's. */
    static int rowLength(byte[] value, int length) {
        return length - FirstTimers.lengthBackwards(value, length);
    }

    /** Tells values of one key apart: as murmur3's final step (Austin Appleby), on eight bytes after the other. */
    static long hash(byte[] bytes, int length) {
        long hash = length;
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            hash = mixed(hash ^ word(bytes, at, Long.BYTES));
        }
        return mixed(hash ^ word(bytes, at, length - at));
    }

    private static long word(byte[] bytes, int at, int count) {
        long word = 0;
        for (int i = 0; i < count; i++) {
            word |= (bytes[at + i] & 0xffL) << Byte.SIZE * i;
        }
        return word;
    }

    private static long mixed(long word) {
        long hash = (word ^ word >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }
}
