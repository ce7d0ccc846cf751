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

    /** Entries of all parts. */
    int entries;

    /** When any of it was used last; of use where a map has a time-to-live since it was written. */
    final long millis;

    /** How often an entry has come or gone. */
    transient int changes;

    PartedMap(int parts, int entries, long millis) {
        super(2);
        this.parts = parts;
        this.entries = entries;
        this.millis = millis;
    }

    /** Of the entry whose key's bytes have that hash, where there are so many parts. */
    static int partOf(int hash, int parts) {
        int mask = 2 * Integer.highestOneBit(parts) - 1;
        int part = hash & mask;
        return part < parts ? part : part & mask >>> 1;
    }

    /** Of how many parts there are more than that one, what is in the last was in this one before. */
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
        int parts = in.readUnsignedVarInt();
        int entries = in.readUnsignedVarInt();
        return new PartedMap<>(parts, entries, isStamped ? in.readLong() : otherwiseMillis);
    }

    /** Puts it together in its row, and answers what is there then. */
    LinkedHashMap<K, V> join(Cell<LinkedHashMap<K, V>> cell) {
        LinkedHashMap<K, V> whole = new LinkedHashMap<>();
        for (int i = 0; i < parts; i++) {
            LinkedHashMap<K, V> part = cell.part(i);
            if (part != null) {
                whole.putAll(part);
            }
        }
        cell.set(whole);
        clearParts(cell);
        return whole;
    }

    void clearParts(Cell<LinkedHashMap<K, V>> cell) {
        for (int i = 0; i < parts; i++) {
            cell.clearPart(i);
        }
    }
}
