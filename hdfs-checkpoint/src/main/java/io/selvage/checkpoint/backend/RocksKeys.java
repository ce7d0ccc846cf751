package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;

/**
 * Stateless: what is in a {@link RocksStore}, and in which order. Two bytes are the key group; then a row's key is 0
 * and the key's canonical bytes, and its value the row's bytes, for a row with timers the time of the earliest, and a
 * byte that says so. Behind the rows of a group is one key without a value for each row with timers: 1, that time, so
 * that earlier ones come first, and the key's bytes. So all of a group lies together, whatever it is of.
 */
final class RocksKeys {
    static final int ROW = 0;
    static final int DUE = 1;
    /** Before the key's bytes in the key of a row. */
    static final int ROW_PREFIX = Short.BYTES + 1;
    /** Before the key's bytes in the key of what is due. */
    static final int DUE_PREFIX = ROW_PREFIX + Long.BYTES;

    static final byte[] NO_VALUE = {};

    private RocksKeys() {}

    /** Where all of a group begins. */
    static byte[] group(int group) {
        return new byte[] {(byte) (group >>> 8), (byte) group};
    }

    /** Where what is due in a group begins. */
    static byte[] due(int group) {
        return new byte[] {(byte) (group >>> 8), (byte) group, DUE};
    }

    static byte[] due(int group, long millis, byte[] key, int offset, int length) {
        byte[] bytes = new byte[DUE_PREFIX + length];
        bytes[0] = (byte) (group >>> 8);
        bytes[1] = (byte) group;
        bytes[2] = DUE;
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

    /** Of a key of what is due. */
    static long millisOf(byte[] due) {
        return new BinaryReader(due, ROW_PREFIX, Long.BYTES).readLong() ^ Long.MIN_VALUE;
    }

    /** Behind a row's bytes. */
    static void endValue(BinaryWriter out, long firstTimerMillis) {
        boolean hasTimers = firstTimerMillis != Long.MAX_VALUE;
        if (hasTimers) {
            out.writeLong(firstTimerMillis);
        }
        out.writeBoolean(hasTimers);
    }

    /** Of a value, the bytes that are the row's. */
    static int rowLength(byte[] value, int length) {
        return length - 1 - (value[length - 1] == 0 ? 0 : Long.BYTES);
    }

    /** {@link Long#MAX_VALUE}: the row has no timers. */
    static long firstTimerMillis(byte[] value, int length) {
        return value[length - 1] == 0
                ? Long.MAX_VALUE
                : new BinaryReader(value, length - 1 - Long.BYTES, Long.BYTES).readLong();
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
