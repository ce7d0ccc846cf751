package io.selvage.checkpoint.backend;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. Rows by key, and by key group: open addressing with linear probing, deletion by shifting back
 * (Knuth, The Art of Computer Programming, vol. 3, 6.4, algorithm R). A look-up allocates nothing.
 */
final class KeyTable {
    private static final int INITIAL_BITS = 6;
    /** 2^32 divided by the golden ratio: spreads keys over the upper bits (Knuth, vol. 3, 6.4). */
    private static final int FIBONACCI = 0x9e3779b9;

    private static final Row[] NO_ROWS = {};

    private @Nullable Row[] slots = new Row[1 << INITIAL_BITS];
    private int shift = Integer.SIZE - INITIAL_BITS;
    private final int firstGroup;
    private final Row[][] groups;
    private final int[] groupSizes;
    private final int[] groupParts; // How many of these are parts.
    private int size;

    @SuppressWarnings("unused") // What is read ahead has to lead to something, or it would not be read.
    private int fetched;

    KeyTable(KeyGroupRange range) {
        firstGroup = range.first();
        groups = new Row[range.count()][];
        Arrays.fill(groups, NO_ROWS);
        groupSizes = new int[range.count()];
        groupParts = new int[range.count()];
    }

    /** Of byte arrays, which are keys too, the content counts. */
    static int hash(Object key) {
        int hash = key instanceof byte[] bytes ? Arrays.hashCode(bytes) : key.hashCode();
        return hash * FIBONACCI;
    }

    static boolean equal(Object a, Object b) {
        if (a instanceof PartKey != b instanceof PartKey) {
            return false; // And no program's equals is asked.
        }
        return a == b
                || (a instanceof byte[] bytes && b instanceof byte[] other ? Arrays.equals(bytes, other) : a.equals(b));
    }

    @Nullable
    Row find(Object key, int hash) {
        int mask = slots.length - 1;
        for (int at = home(hash); ; at = (at + 1) & mask) {
            Row row = slots[at];
            if (row == null) {
                return null;
            }
            if (row.hash == hash && equal(row.key, key)) {
                return row;
            }
        }
    }

    /**
     * Brings the rows of these hashes into the processor's caches, as far as they are where they are looked for first.
     * A look-up waits for memory several times, each time for what it has just read the address of; here the look-ups
     * of all of them wait together (Chen et al., "Improving Hash Join Performance through Prefetching", 2004).
     */
    void prefetch(int[] hashes, int count) {
        @Nullable Row[] ahead = new Row[count];
        for (int i = 0; i < count; i++) {
            ahead[i] = slots[home(hashes[i])];
        }
        int found = 0;
        for (int i = 0; i < count; i++) {
            Row row = ahead[i];
            found += row == null || row.hash != hashes[i] ? 0 : row.prefetch();
        }
        fetched += found;
    }

    /** The key must not be there. */
    void add(Row row) {
        if (size >= slots.length / 2) {
            grow();
        }
        int group = row.group - firstGroup;
        if (groupSizes[group] == groups[group].length) {
            groups[group] = Arrays.copyOf(groups[group], Math.max(4, groupSizes[group] + (groupSizes[group] >> 1)));
        }
        row.place = groupSizes[group]++;
        groups[group][row.place] = row;
        place(row);
        size++;
        if (row.isPart()) {
            groupParts[group]++;
        }
    }

    /** The row must be there. */
    void remove(Row row) {
        int group = row.group - firstGroup;
        groupParts[group] -= row.isPart() ? 1 : 0;
        Row last = groups[group][--groupSizes[group]];
        groups[group][row.place] = last;
        last.place = row.place;
        row.place = Row.NOWHERE;
        int mask = slots.length - 1;
        int hole = home(row.hash);
        while (slots[hole] != row) {
            hole = (hole + 1) & mask;
        }
        for (int at = (hole + 1) & mask; ; at = (at + 1) & mask) {
            Row next = slots[at];
            if (next == null) {
                break;
            }
            // Moves back unless its home lies cyclically behind the hole.
            if (((at - home(next.hash)) & mask) >= ((at - hole) & mask)) {
                slots[hole] = next;
                hole = at;
            }
        }
        slots[hole] = null;
        size--;
    }

    int size() {
        return size;
    }

    int size(int group) {
        return groupSizes[group - firstGroup];
    }

    /** Of the group's rows, those that are parts. */
    int partCount(int group) {
        return groupParts[group - firstGroup];
    }

    /** @param place from 0 to the group's size */
    Row row(int group, int place) {
        return groups[group - firstGroup][place];
    }

    private void place(Row row) {
        int mask = slots.length - 1;
        int at = home(row.hash);
        while (slots[at] != null) {
            at = (at + 1) & mask;
        }
        slots[at] = row;
    }

    private void grow() {
        @Nullable Row[] old = slots;
        slots = new Row[old.length * 2];
        shift--;
        for (Row row : old) {
            if (row != null) {
                place(row);
            }
        }
    }

    private int home(int hash) {
        return hash >>> shift;
    }
}
