package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/** Owned by its table. What one key has: one cell for each state, null where there is none. */
final class Row {
    final Object key;
    final int hash;
    final int group;
    private @Nullable Object[] cells;
    private int used;

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

    boolean isEmpty() {
        return used == 0;
    }

    void widen(int cellCount) {
        cells = java.util.Arrays.copyOf(cells, cellCount);
    }
}
