package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListState;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A list whose elements expire, the oldest first, for the current key. Of one of many elements,
 * all but the last ones are in parts, each in a row of its own.
 */
final class StampedElements<T> implements ListState<T> {
    private final Cell<ArrayDeque<Stamped<T>>> cell;
    private final StampedListSerde<T> serde;
    private final int most; // That are together while none is in a part.
    private final int perPart;

    StampedElements(Cell<ArrayDeque<Stamped<T>>> cell, StampedListSerde<T> serde, PartSizes sizes) {
        this.cell = cell;
        this.serde = serde;
        this.most = cell.isDivisible() ? sizes.most() : Integer.MAX_VALUE;
        this.perPart = cell.isDivisible() ? sizes.perListPart() : Integer.MAX_VALUE;
    }

    @Override
    public void add(T element) {
        ArrayDeque<Stamped<T>> elements = living();
        if (elements == null) {
            elements = new ArrayDeque<>(4);
            cell.set(elements);
        }
        Stamped<T> stamped = new Stamped<>(element, nowMillis(elements));
        if (elements.size() >= perPart && (elements.size() >= most || elements instanceof PartedDeque<T>)) {
            divide(elements, stamped);
            return;
        }
        elements.add(stamped);
        if (elements instanceof PartedDeque<T> parted) {
            parted.changes++;
        }
    }

    /**
     * Elements become a part, or several if they are from an earlier version; what is there beside them is one more.
     */
    private void divide(ArrayDeque<Stamped<T>> elements, Stamped<T> added) {
        PartedDeque<T> before = elements instanceof PartedDeque<T> parted ? parted : new PartedDeque<>(0, 0);
        int end = before.end;
        Iterator<Stamped<T>> each = elements.iterator();
        while (each.hasNext()) {
            ArrayDeque<Stamped<T>> part = new ArrayDeque<>();
            while (each.hasNext() && part.size() < perPart) {
                part.add(each.next());
            }
            cell.setPart(end++, part);
        }
        PartedDeque<T> tail = new PartedDeque<>(before.first, end);
        tail.add(added);
        cell.set(tail);
    }

    @Override
    public Iterable<T> elements() {
        ArrayDeque<Stamped<T>> elements = living();
        if (elements == null) {
            return List.of();
        }
        long millis = nowMillis(elements);
        if (elements instanceof PartedDeque<T> parted) {
            serde.expireElements(parted, serde.limit().horizonMillis());
            use(parted, millis);
            return () -> values(each(parted, millis));
        }
        use(elements, millis);
        return () -> values(elements.iterator());
    }

    private Iterator<Stamped<T>> each(PartedDeque<T> parted, long millis) {
        int changes = parted.changes;
        return new EachPart<>(
                parted.first,
                parted.end + 1,
                number -> number < parted.end ? part(parted, number, millis) : parted.iterator(),
                () -> parted.changes == changes && cell.get() == parted);
    }

    private Iterator<Stamped<T>> part(PartedDeque<T> parted, int number, long millis) {
        ArrayDeque<Stamped<T>> part = cell.part(number);
        if (part != null && serde.expire(part, serde.limit().horizonMillis())) {
            cell.clearPart(number);
            part = null;
        }
        if (part == null) {
            parted.first += parted.first == number ? 1 : 0;
            return Collections.emptyIterator();
        }
        use(part, millis);
        return part.iterator();
    }

    private void use(ArrayDeque<Stamped<T>> elements, long millis) {
        if (serde.limit().isReadUse()) {
            elements.forEach(each -> each.millis = millis);
        }
    }

    private static <T> Iterator<T> values(Iterator<Stamped<T>> stamped) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return stamped.hasNext();
            }

            @Override
            public T next() {
                return stamped.next().value;
            }
        };
    }

    @Override
    public void clear() {
        if (cell.get() instanceof PartedDeque<T> parted) {
            cell.set(new ArrayDeque<>());
            for (int i = parted.first; i < parted.end; i++) {
                cell.clearPart(i);
            }
        }
        cell.clear();
    }

    /** Clocks are set back; a list stays in order. */
    private long nowMillis(ArrayDeque<Stamped<T>> elements) {
        long now = serde.limit().nowMillis();
        Stamped<T> newest = elements.peekLast();
        return newest == null ? now : Math.max(now, newest.millis);
    }

    private @Nullable ArrayDeque<Stamped<T>> living() {
        ArrayDeque<Stamped<T>> elements = cell.get();
        if (elements != null && serde.expire(elements, serde.limit().horizonMillis())) {
            clear();
            return null;
        }
        return elements;
    }
}
