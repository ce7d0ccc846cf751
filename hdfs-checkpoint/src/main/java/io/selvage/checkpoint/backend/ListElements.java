package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Owned by the backend. A list for the current key. Of one of many elements, all but the last ones are in parts, each in
 * a row of its own, so that adding an element does not cost what is there.
 */
final class ListElements<T> implements ListState<T> {
    private final Cell<ArrayList<T>> cell;
    private final int most;

    ListElements(Cell<ArrayList<T>> cell, PartSizes sizes) {
        this.cell = cell;
        this.most = cell.isDivisible() ? sizes.most() : Integer.MAX_VALUE;
    }

    @Override
    public void add(T element) {
        ArrayList<T> elements = cell.get();
        if (elements == null) {
            elements = new ArrayList<>(4);
            cell.set(elements);
        }
        if (elements.size() >= most) {
            elements = divide(elements);
        }
        elements.add(element);
    }

    /** Elements become a part; what it throws, it throws before anything has changed. */
    private ArrayList<T> divide(ArrayList<T> elements) {
        int before = elements instanceof PartedList<T> parted ? parted.parts : 0;
        cell.setPart(before, new ArrayList<>(elements));
        PartedList<T> tail = new PartedList<>(before + 1);
        cell.set(tail);
        return tail;
    }

    @Override
    public Iterable<T> elements() {
        ArrayList<T> elements = cell.get();
        if (elements instanceof PartedList<T> parted) {
            return () -> new EachPart(parted);
        }
        return elements == null ? List.of() : Collections.unmodifiableList(elements);
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

    /** Owned by its caller, until the list or the key changes. One part after the other, and then what is in none. */
    private final class EachPart implements Iterator<T> {
        private final PartedList<T> parted;
        private final int changes;
        private int next;
        private Iterator<T> within = Collections.emptyIterator();

        EachPart(PartedList<T> parted) {
            this.parted = parted;
            this.changes = parted.changes();
        }

        @Override
        public boolean hasNext() {
            while (!within.hasNext() && next <= parted.parts) {
                if (parted.changes() != changes || cell.get() != parted) {
                    throw new ConcurrentModificationException("the list, or the current key, has changed");
                }
                within = elementsOf(next++);
            }
            return within.hasNext();
        }

        private Iterator<T> elementsOf(int number) {
            List<T> elements = number < parted.parts ? cell.part(number) : parted;
            return elements == null
                    ? Collections.emptyIterator()
                    : Collections.unmodifiableList(elements).iterator();
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return within.next();
        }
    }
}
