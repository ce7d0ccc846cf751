package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import java.util.Arrays;

/**
 * Owned by its replica. The rows of one key group as a segment's entries in one array, found by their keys' bytes: open
 * addressing with linear probing, deletion by shifting back (Knuth, The Art of Computer Programming, vol. 3, 6.4,
 * algorithm R). What is dead in the array goes when there is no room for more, or when it is more than a quarter of
 * what lives.
 */
final class ReplicaGroup {
    private static final int LEAST_SLOTS = 8;
    private static final int LEAST_BYTES = 256;
    private static final int FIBONACCI = 0x9e3779b9;
    private static final int OBJECT_BYTES = 120; // This object and its arrays' headers.

    private final Entry probed = new Entry();
    private final BinaryReader reader = new BinaryReader(new byte[0]);
    private byte[] arena = new byte[0];
    private int used;
    private int live;
    private int[] slots = {}; // Where an entry begins, plus one; 0: free.
    private int shift;
    private int count;

    private final Due[] due = new Due[FirstTimers.COUNT]; // By clock.

    ReplicaGroup() {
        for (TimeDomain domain : TimeDomain.values()) {
            due[domain.ordinal()] = new Due(domain);
        }
        makeSlots(LEAST_SLOTS);
    }

    /** Of entries of different keys that follow each other in an array, which is its own from then on. */
    static ReplicaGroup of(byte[] entries) {
        ReplicaGroup group = new ReplicaGroup();
        group.arena = entries;
        group.used = entries.length;
        BinaryReader in = new BinaryReader(entries);
        Entry entry = new Entry();
        int found = 0;
        while (in.remaining() > 0) {
            entry.read(in);
            found++;
        }
        group.makeSlots(Math.max(LEAST_SLOTS, 2 * Integer.highestOneBit(2 * found - 1)));
        in.reset(entries, 0, entries.length);
        while (in.remaining() > 0) {
            int start = in.position();
            entry.read(in);
            if (entry.rowLength > 0) {
                int slot = group.freeSlot(KeyGroups.murmur3(entries, entry.keyAt, entry.keyLength));
                group.place(start, entry.end - start, entry.firstTimers, slot);
            }
        }
        return group;
    }

    int count() {
        return count;
    }

    /** Of entries that live. */
    int liveBytes() {
        return live;
    }

    /** Memory. */
    long bytes() {
        long bytes = OBJECT_BYTES + (long) arena.length + (long) Integer.BYTES * slots.length;
        for (Due each : due) {
            bytes += 12L * each.at.length;
        }
        return bytes;
    }

    byte[] arena() {
        return arena;
    }

    /** Room for what is put next. */
    private static int withSlack(int bytes) {
        return (int) Math.min(Integer.MAX_VALUE - 8, (long) bytes + (bytes >> 3));
    }

    /**
     * Puts an entry in place of the one of that key; it begins at {@code start} and has bytes in its row. One that is
     * no longer than that lies where that was: rows that keep their size take no more memory for being written often.
     */
    void put(byte[] source, int start, Entry entry) {
        int hash = KeyGroups.murmur3(source, entry.keyAt, entry.keyLength);
        int slot = slotOf(source, entry.keyAt, entry.keyLength, hash);
        int length = entry.end - start;
        if (slots[slot] != 0 && length <= lengthAt(slots[slot] - 1)) {
            int at = slots[slot] - 1;
            place(at, length, entry.firstTimers, slot); // Which looks at the one before.
            System.arraycopy(source, start, arena, at, length);
            compactIfWasteful();
            return;
        }
        if (length > arena.length - used) {
            makeRoom(length);
        }
        System.arraycopy(source, start, arena, used, length);
        used += length;
        place(used - length, length, entry.firstTimers, slot);
        if (count > slots.length / 2) {
            grow();
        }
        compactIfWasteful();
    }

    /** The entry at that place of the array is found in that slot. */
    private void place(int start, int length, FirstTimers firstTimers, int slot) {
        if (slots[slot] != 0) {
            live -= lengthAt(slots[slot] - 1);
        } else {
            count++;
        }
        slots[slot] = start + 1;
        live += length;
        for (Due each : due) {
            each.add(firstTimers);
        }
    }

    /** Moves an entry onto the one of that key; false: there is none. */
    boolean find(byte[] key, int offset, int length, Entry entry) {
        int slot = slotOf(key, offset, length, KeyGroups.murmur3(key, offset, length));
        if (slots[slot] == 0) {
            return false;
        }
        read(slots[slot] - 1, entry);
        return true;
    }

    /** False: there was none. */
    boolean remove(byte[] key, int offset, int length) {
        int slot = slotOf(key, offset, length, KeyGroups.murmur3(key, offset, length));
        if (slots[slot] == 0) {
            return false;
        }
        live -= lengthAt(slots[slot] - 1);
        count--;
        close(slot);
        compactIfWasteful();
        return true;
    }

    /** Places of entries, some of which are free; entries change them when others go. */
    int slotCount() {
        return slots.length;
    }

    /** Moves an entry onto the one at a place; false: there is none. */
    boolean entryAt(int slot, Entry entry) {
        if (slots[slot] == 0) {
            return false;
        }
        read(slots[slot] - 1, entry);
        return true;
    }

    /** Takes the entries one after the other, in no order; nothing may be changed meanwhile. */
    void forEach(EntryReader taker) {
        Entry entry = new Entry();
        for (int slot : slots) {
            if (slot != 0) {
                read(slot - 1, entry);
                taker.entry(arena, slot - 1, entry);
            }
        }
    }

    /** Takes an entry. */
    interface EntryReader {
        void entry(byte[] arena, int start, Entry entry);
    }

    /** Not later than the earliest timer of any row; {@link Long#MAX_VALUE}: there is none. */
    long firstTimerMillis(TimeDomain domain) {
        return due[domain.ordinal()].firstMillis;
    }

    /** Moves an entry onto a row whose earliest timer is not later than that; false: there is none. */
    boolean findDue(TimeDomain domain, long untilMillis, Entry entry) {
        return due[domain.ordinal()].find(untilMillis, entry);
    }

    /**
     * Owned by its group. Rows by their earliest timers of one clock: made when first wanted, as a heap by time. Stale
     * ones are recognized when they come up.
     */
    private final class Due {
        private final TimeDomain domain;
        private long firstMillis = Long.MAX_VALUE; // A lower bound.
        private long[] millis = {};
        private int[] at = {};
        private int size = -1; // -1: not made.

        Due(TimeDomain domain) {
            this.domain = domain;
        }

        void add(FirstTimers of) {
            firstMillis = Math.min(firstMillis, of.of(domain));
            forget();
        }

        void forget() {
            size = -1;
        }

        boolean find(long untilMillis, Entry entry) {
            if (firstMillis > untilMillis) {
                return false;
            }
            if (size < 0) {
                collect();
            }
            while (size > 0 && millis[0] <= untilMillis) {
                read(at[0], entry);
                int hash = KeyGroups.murmur3(arena, entry.keyAt, entry.keyLength);
                if (slots[slotOf(arena, entry.keyAt, entry.keyLength, hash)] == at[0] + 1) {
                    firstMillis = millis[0];
                    return true;
                }
                pop();
            }
            firstMillis = size == 0 ? Long.MAX_VALUE : millis[0];
            return false;
        }

        private void collect() {
            Entry entry = new Entry();
            millis = new long[count];
            at = new int[count];
            int found = 0;
            for (int slot : slots) {
                if (slot != 0) {
                    read(slot - 1, entry);
                    if (entry.firstTimers.of(domain) != Long.MAX_VALUE) {
                        millis[found] = entry.firstTimers.of(domain);
                        at[found++] = slot - 1;
                    }
                }
            }
            size = found;
            for (int i = found / 2 - 1; i >= 0; i--) {
                siftDown(i, millis[i], at[i]);
            }
        }

        private void pop() {
            size--;
            if (size > 0) {
                siftDown(0, millis[size], at[size]);
            }
        }

        private void siftDown(int from, long ofMillis, int ofAt) {
            int place = from;
            for (int child = 2 * place + 1; child < size; child = 2 * place + 1) {
                int earlier = child + 1 < size && millis[child + 1] < millis[child] ? child + 1 : child;
                if (ofMillis <= millis[earlier]) {
                    break;
                }
                millis[place] = millis[earlier];
                at[place] = at[earlier];
                place = earlier;
            }
            millis[place] = ofMillis;
            at[place] = ofAt;
        }
    }

    /** Where the key is, or would go. */
    private int slotOf(byte[] key, int offset, int length, int hash) {
        int mask = slots.length - 1;
        for (int at = home(hash); ; at = (at + 1) & mask) {
            if (slots[at] == 0) {
                return at;
            }
            read(slots[at] - 1, probed);
            if (probed.keyLength == length
                    && Arrays.equals(arena, probed.keyAt, probed.keyAt + length, key, offset, offset + length)) {
                return at;
            }
        }
    }

    private void close(int slot) {
        int mask = slots.length - 1;
        int hole = slot;
        for (int at = (hole + 1) & mask; slots[at] != 0; at = (at + 1) & mask) {
            // Moves back unless its home lies cyclically behind the hole.
            if (((at - home(hashOfEntry(slots[at] - 1))) & mask) >= ((at - hole) & mask)) {
                slots[hole] = slots[at];
                hole = at;
            }
        }
        slots[hole] = 0;
    }

    /** @param number a power of two */
    private void makeSlots(int number) {
        slots = new int[number];
        shift = Integer.SIZE - Integer.numberOfTrailingZeros(number);
    }

    private void grow() {
        int[] old = slots;
        makeSlots(2 * old.length);
        for (int entry : old) {
            if (entry != 0) {
                slots[freeSlot(hashOfEntry(entry - 1))] = entry;
            }
        }
    }

    /** For a key that is not there. */
    private int freeSlot(int hash) {
        int mask = slots.length - 1;
        int at = home(hash);
        while (slots[at] != 0) {
            at = (at + 1) & mask;
        }
        return at;
    }

    private void makeRoom(int bytes) {
        if (used - live > live / 16) {
            compact(bytes);
        } else {
            arena = Arrays.copyOf(arena, Math.max(LEAST_BYTES, withSlack(Math.addExact(used, bytes))));
        }
    }

    private void compactIfWasteful() {
        if (used - live > Math.max(live / 4, LEAST_BYTES)) {
            compact(0);
        }
    }

    /** @param room for more bytes that are about to come */
    private void compact(int room) {
        byte[] compact = new byte[withSlack(Math.addExact(live, room))];
        int at = 0;
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] != 0) {
                int length = lengthAt(slots[i] - 1);
                System.arraycopy(arena, slots[i] - 1, compact, at, length);
                slots[i] = at + 1;
                at += length;
            }
        }
        arena = compact;
        used = at;
        for (Due each : due) {
            each.forget();
        }
    }

    private int lengthAt(int start) {
        read(start, probed);
        return probed.end - start;
    }

    private int hashOfEntry(int start) {
        read(start, probed);
        return KeyGroups.murmur3(arena, probed.keyAt, probed.keyLength);
    }

    private void read(int start, Entry entry) {
        reader.reset(arena, start, used - start);
        entry.read(reader);
    }

    private int home(int hash) {
        return (hash * FIBONACCI) >>> shift;
    }
}
