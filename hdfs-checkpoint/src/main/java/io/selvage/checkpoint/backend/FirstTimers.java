package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.util.Arrays;

/**
 * Owned by its user. When the earliest of a row's timers is due, by either clock; {@link Long#MAX_VALUE}: there is
 * none. As bytes, a set of clocks of which there are some, a bit for each, and their times; what was written before
 * there was processing time is the same with one clock.
 */
final class FirstTimers {
    private static final TimeDomain[] DOMAINS = TimeDomain.values();
    static final int COUNT = DOMAINS.length;

    private final long[] millis = new long[COUNT];

    FirstTimers() {
        clear();
    }

    void clear() {
        Arrays.fill(millis, Long.MAX_VALUE);
    }

    long of(TimeDomain domain) {
        return millis[domain.ordinal()];
    }

    void set(TimeDomain domain, long newMillis) {
        millis[domain.ordinal()] = newMillis;
    }

    /** There is one at that time, too. */
    void note(TimeDomain domain, long atMillis) {
        millis[domain.ordinal()] = Math.min(millis[domain.ordinal()], atMillis);
    }

    /** Into an array of one such group of numbers behind the other. */
    void copyInto(long[] all, int index) {
        System.arraycopy(millis, 0, all, COUNT * index, COUNT);
    }

    void copyFrom(long[] all, int index) {
        System.arraycopy(all, COUNT * index, millis, 0, COUNT);
    }

    void write(BinaryWriter out) {
        out.writeByte(set());
        writeTimes(out);
    }

    void read(BinaryReader in) {
        readTimes(in, in.readByte());
    }

    /** With what says how much it is at the end. */
    void writeBackwards(BinaryWriter out) {
        writeTimes(out);
        out.writeByte(set());
    }

    /** Of a value that ends with that. */
    void readBackwards(byte[] value, int length) {
        int bytes = lengthBackwards(value, length);
        readTimes(new BinaryReader(value, length - bytes, bytes - 1), value[length - 1]);
    }

    /** In bytes. */
    static int lengthBackwards(byte[] value, int length) {
        return 1 + Long.BYTES * Integer.bitCount(value[length - 1]);
    }

    private int set() {
        int set = 0;
        for (int i = 0; i < COUNT; i++) {
            set |= millis[i] == Long.MAX_VALUE ? 0 : 1 << i;
        }
        return set;
    }

    private void writeTimes(BinaryWriter out) {
        for (long each : millis) {
            if (each != Long.MAX_VALUE) {
                out.writeLong(each);
            }
        }
    }

    private void readTimes(BinaryReader in, int set) {
        if (set < 0 || set >= 1 << COUNT) {
            throw new CorruptDataException("a row of keyed state with timers of the clocks " + set);
        }
        for (int i = 0; i < COUNT; i++) {
            millis[i] = (set & 1 << i) == 0 ? Long.MAX_VALUE : in.readLong();
        }
    }
}
