package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/**
 * Owned by the backend. A list for the current key. Of one of many elements, all but the last ones are in parts, each
 * in a row of its own, so that adding an element does not cost what is there.
 */
final class ListElements<T> implements ListState<T> {
    private final Cell<ArrayList<T>> cell;
    private final int most; // That are together while none is in a part.
    private final int perPart;

    ListElements(Cell<ArrayList<T>> cell, PartSizes sizes) {
        this.cell = cell;
        this.most = cell.isDivisible() ? sizes.most() : Integer.MAX_VALUE;
        this.perPart = cell.isDivisible() ? sizes.perListPart() : Integer.MAX_VALUE;
    }

    @Override
    public void add(T element) {
        ArrayList<T> elements = cell.get();
        if (elements == null) {
            elements = new ArrayList<>(4);
            cell.set(elements);
        }
        if (elements.size() >= perPart && (elements.size() >= most || elements instanceof PartedList<T>)) {
            elements = divide(elements);
        }
        elements.add(element);
    }

    /** Elements become a part, or several if they were together until now; answers what others are added to. */
    private ArrayList<T> divide(ArrayList<T> elements) {
        int parts = elements instanceof PartedList<T> parted ? parted.parts : 0;
        for (int from = 0; from < elements.size(); from += perPart) {
            int end = Math.min(from + perPart, elements.size());
            cell.setPart(parts++, new ArrayList<>(elements.subList(from, end)));
        }
        PartedList<T> tail = new PartedList<>(parts);
        cell.set(tail);
        return tail;
    }

    @Override
    public Iterable<T> elements() {
        ArrayList<T> elements = cell.get();
        if (elements instanceof PartedList<T> parted) {
            return () -> {
                int changes = parted.changes();
                return new EachPart<>(
                        0,
                        parted.parts + 1,
                        number -> part(parted, number),
                        () -> parted.changes() == changes && cell.get() == parted);
            };
        }
        return elements == null ? List.of() : Collections.unmodifiableList(elements);
    }

    /** The last one is what is in the owner's row. */
    private Iterator<T> part(PartedList<T> parted, int number) {
        List<T> elements = number < parted.parts ? cell.partToRead(number) : parted;
        return elements == null
                ? Collections.emptyIterator()
                : Collections.unmodifiableList(elements).iterator();
    }

    @Override
    public void clear() {
        if (cell.get() instanceof PartedList<T> parted) {
            cell.set(new ArrayList<>());
            for (int i = 0; i < parted.parts; i++) {
                cell.clearPart(i);
            }
        }
        cell.clear();
    }
}
