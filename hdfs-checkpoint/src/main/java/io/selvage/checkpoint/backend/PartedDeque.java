package io.selvage.checkpoint.backend;

import java.util.ArrayDeque;

/**
 * Owned by its row. The last elements of a list that was in parts when it had no time-to-live; it is whole once it is
 * used.
 */
final class PartedDeque<T> extends ArrayDeque<Stamped<T>> {
    private static final long serialVersionUID = 1L;

    final int parts;

    PartedDeque(int parts) {
        super(4);
        this.parts = parts;
    }

    /** Puts it together in its row, in order of use, and answers what is there then. */
    ArrayDeque<Stamped<T>> join(Cell<ArrayDeque<Stamped<T>>> cell) {
        ArrayDeque<Stamped<T>> whole = new ArrayDeque<>();
        for (int i = 0; i < parts; i++) {
            ArrayDeque<Stamped<T>> part = cell.part(i);
            if (part != null) {
                whole.addAll(part);
            }
        }
        whole.addAll(this);
        long before = Long.MIN_VALUE;
        for (Stamped<T> each : whole) {
            each.millis = Math.max(each.millis, before);
            before = each.millis;
        }
        cell.set(whole);
        for (int i = 0; i < parts; i++) {
            cell.clearPart(i);
        }
        return whole;
    }
}
