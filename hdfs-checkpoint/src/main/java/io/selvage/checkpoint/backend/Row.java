package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/**
 * Owned by its table. What one key has: for each section a state's value or the first of the key's timers, null where
 * there is nothing. Or, if its key is a {@link PartKey}, a part of what one state of another key has. A row that has
 * nothing at all is kept for as long as an undo log names it.
 */
class Row {
    static final int NOWHERE = -1;

    private static final @Nullable Object[] NO_CELLS = {};

    final Object key;
    final int hash;
    final int group;
    private final int sectionCount;
    private @Nullable Object[] cells = NO_CELLS; // By section; none before the first is needed.
    private int used;
    /** In its group's list; {@link #NOWHERE}: the row is in no table. */
    int place = NOWHERE;
    /** In which it was last touched. */
    int generation;
    /** Equal to the rows' stamp if the log that is stamped names it, or if it has changed at the newest cut. */
    int stamp;
    /** Where the log that was newest when the row was last noted has it; of use in that row's generation only. */
    int noted;

    Row(Object key, int hash, int group, int sectionCount) {
        this.key = key;
        this.hash = hash;
        this.group = group;
        this.sectionCount = sectionCount;
    }

    /** Of another key's state. */
    boolean isPart() {
        return key instanceof PartKey;
    }

    @Nullable
    Object get(int section) {
        return section < cells.length ? cells[section] : null;
    }

    void set(int section, Object value) {
        if (cells.length == 0) {
            cells = new Object[sectionCount];
        }
        if (cells[section] == null) {
            used++;
        }
        cells[section] = value;
    }

    void clear(int section) {
        if (section < cells.length && cells[section] != null) {
            cells[section] = null;
            used--;
        }
    }

    /** Reads the beginnings of its key and of its last value; answers what depends on them. */
    int prefetch() {
        Object last = cells.length == 0 ? null : cells[cells.length - 1]; // Timers come before a function's states.
        int known = key.getClass() == Long.class ? 1 : 2;
        return last == null || last.getClass() == Long.class ? known : -known;
    }

    int sectionCount() {
        return sectionCount;
    }

    boolean isEmpty() {
        return used == 0;
    }
}
