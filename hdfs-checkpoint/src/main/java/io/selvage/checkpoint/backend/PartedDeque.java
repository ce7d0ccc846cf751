package io.selvage.checkpoint.backend;

import java.util.ArrayDeque;

/**
 * Owned by its row. The last elements, of which there is at least one, of a list with a time-to-live whose others are
 * in rows of their own. It is written as a mark in place of the number of elements, the first part, the number behind
 * that of the last one, and these elements as of any list.
 */
final class PartedDeque<T> extends ArrayDeque<Stamped<T>> {
    private static final long serialVersionUID = 1L;

    /** What was in parts before it has expired. */
    int first;

    /** Of that number, and beyond, there are none of this list's. */
    final int end;

    /** How often an element has come. */
    int changes;

    PartedDeque(int first, int end) {
        super(4);
        this.first = first;
        this.end = end;
    }
}
