package io.selvage.checkpoint.backend;

import io.selvage.api.state.ListState;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by the backend. A list whose elements expire, the oldest first, for the current key. */
record StampedElements<T>(Cell<ArrayDeque<Stamped<T>>> cell, StampedListSerde<T> serde) implements ListState<T> {
    @Override
    public void add(T element) {
        ArrayDeque<Stamped<T>> elements = living();
        if (elements == null) {
            elements = new ArrayDeque<>(4);
            cell.set(elements);
        }
        elements.add(new Stamped<>(element, nowMillis(elements)));
    }

    @Override
    public Iterable<T> elements() {
        ArrayDeque<Stamped<T>> elements = living();
        if (elements == null) {
            return List.of();
        }
        if (serde.limit().isReadUse()) {
            long millis = nowMillis(elements);
            elements.forEach(each -> each.millis = millis);
        }
        return () -> values(elements.iterator());
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
        if (elements instanceof PartedDeque<T> parted) {
            elements = parted.join(cell);
        }
        if (elements != null && serde.expire(elements, serde.limit().horizonMillis())) {
            cell.clear();
            return null;
        }
        return elements;
    }
}
