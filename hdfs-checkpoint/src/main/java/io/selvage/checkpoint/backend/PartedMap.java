package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.util.LinkedHashMap;

/**
 * Owned by its row. Stands in a row for a map whose entries are in rows of their own, and has none itself. Which part
 * an entry is in is decided by its key's bytes; parts come and go one at a time (linear hashing: Litwin, VLDB 1980).
 */
final class PartedMap<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;
    /** As bytes, in place of the number of entries. */
    static final int MARK = -1;

    /** From 0 on, all that there are; what is beyond may be left from an earlier map, and is none of this one's. */
    int parts;

    /** Of all parts. */
    int entries;

    /** When any of it was used last, or later; of use where the state has a time-to-live. */
    long millis;

    /** How often an entry has come or gone, but for those that have expired: who only reads may find some. */
    int changes;

    PartedMap(int parts, int entries, long millis) {
        super(2);
        this.parts = parts;
        this.entries = entries;
        this.millis = millis;
    }

    void onUse(long atMillis) {
        millis = Math.max(millis, atMillis);
    }

    /** Of the entry whose key's bytes have that hash, where there are so many parts. */
    static int partOf(int hash, int parts) {
        int mask = 2 * Integer.highestOneBit(parts) - 1;
        int part = hash & mask;
        return part < parts ? part : part & mask >>> 1;
    }

    /** While that part was not there, what is in it was in this one. */
    static int sourceOf(int part) {
        return part - Integer.highestOneBit(part);
    }

    void write(BinaryWriter out) {
        out.writeUnsignedVarInt(MARK);
        out.writeUnsignedVarInt(parts);
        out.writeUnsignedVarInt(entries);
    }

    /**
     * Behind the mark.
     *
     * @param isStamped it is followed by when it was used last
     * @param otherwiseMillis stands for that
     */
    static <K, V> PartedMap<K, V> read(BinaryReader in, boolean isStamped, long otherwiseMillis) {
        int parts = Announced.elsewhere(in);
        int entries = Announced.elsewhere(in);
        return new PartedMap<>(parts, entries, isStamped ? in.readLong() : otherwiseMillis);
    }
}
