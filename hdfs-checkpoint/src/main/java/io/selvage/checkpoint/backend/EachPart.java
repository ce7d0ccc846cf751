package io.selvage.checkpoint.backend;

import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** Owned by its caller, until what it goes over, or the current key, changes. One part after the other. */
final class EachPart<E> implements Iterator<E> {
    private final int end;
    private final IntFunction<Iterator<E>> parts;
    private final BooleanSupplier isUnchanged;
    private int next;
    private Iterator<E> within = Collections.emptyIterator();

    /** @param parts from the first to before the end */
    EachPart(int first, int end, IntFunction<Iterator<E>> parts, BooleanSupplier isUnchanged) {
        this.next = first;
        this.end = end;
        this.parts = parts;
        this.isUnchanged = isUnchanged;
    }

    @Override
    public boolean hasNext() {
        while (!within.hasNext()) {
            if (!isUnchanged.getAsBoolean()) {
                throw new ConcurrentModificationException("the state, or the current key, has changed");
            }
            if (next == end) {
                return false;
            }
            within = parts.apply(next++);
        }
        return true;
    }

    @Override
    public E next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return within.next();
    }
}
