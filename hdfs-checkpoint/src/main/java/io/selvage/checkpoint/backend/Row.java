package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/**
 * Owned by its table. What one key has: for each section a state's value or the first of the key's timers, null where
 * there is nothing. A row that has nothing at all is kept for as long as an undo log names it.
 */
class Row {
    static final int NOWHERE = -1;

    final Object key;
    final int hash;
    final int group;
    private final @Nullable Object[] cells;
    private int used;
    /** In its group's list; {@link #NOWHERE}: the row is in no table. */
    int place = NOWHERE;
    /** In which it was last touched. */
    int generation;
    /** Equal to the rows' stamp if the oldest undo log names it. */
    int stamp;
    /** Where the log that was newest when the row was last noted has it; of use in that row's generation only. */
    int noted;

    Row(Object key, int hash, int group, int cellCount) {
        this.key = key;
        this.hash = hash;
        this.group = group;
        this.cells = new Object[cellCount];
    }

    @Nullable
    Object get(int cell) {
        return cells[cell];
    }

    void set(int cell, Object value) {
        if (cells[cell] == null) {
            used++;
        }
        cells[cell] = value;
    }

    void clear(int cell) {
        if (cells[cell] != null) {
            cells[cell] = null;
            used--;
        }
    }

    /** Reads the beginnings of its key and of its first value; answers what depends on them. */
    int prefetch() {
        Object first = cells.length == 0 ? null : cells[0];
        int known = key.getClass() == Long.class ? 1 : 2;
        return first == null || first.getClass() == Long.class ? known : -known;
    }

    int cellCount() {
        return cells.length;
    }

    boolean isEmpty() {
        return used == 0;
    }
}
