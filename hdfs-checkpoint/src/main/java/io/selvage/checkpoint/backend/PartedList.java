package io.selvage.checkpoint.backend;

import java.util.ArrayList;

/**
 * Owned by its row. The last elements of a list whose others are in rows of their own. It is written as a mark in place
 * of the number of elements, the number of parts, and these elements as of any list.
 */
final class PartedList<T> extends ArrayList<T> {
    private static final long serialVersionUID = 1L;
    /** As bytes, in place of the number of elements. */
    static final int MARK = -1;

    /** From 0 on, all that there are; what is beyond may be left from an earlier list, and is none of this one's. */
    final int parts;

    PartedList(int parts) {
        super(4);
        this.parts = parts;
    }

    /** Another number: elements have come or gone. */
    int changes() {
        return modCount;
    }
}
