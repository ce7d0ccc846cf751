package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A binary heap by time whose members know their place, so that one can be deleted, beside a map
 * that finds duplicates, and in each row a list of what is its own. Registering a timer that is there already allocates
 * nothing.
 */
final class RowTimerQueue<K, N> implements TimerQueue<K, N> {
    /** Later times count as this one where rows are told that have timers from those that have none. */
    private static final long LATEST_MILLIS = Long.MAX_VALUE - 1;

    private final RowKeyedStateBackend<K> backend;
    private final Serde<N> namespaceSerde;
    private final TimeDomain domain;
    private final int section;
    private Map<Timer<N>, Timer<N>> known = new HashMap<>();
    private ArrayList<Timer<N>> heap = new ArrayList<>();
    private @Nullable Timer<N> spare;

    /** @param section where a row has its timers of this queue */
    RowTimerQueue(RowKeyedStateBackend<K> backend, Serde<N> namespaceSerde, TimeDomain domain, int section) {
        this.backend = backend;
        this.namespaceSerde = namespaceSerde;
        this.domain = domain;
        this.section = section;
    }

    @Override
    public boolean register(N namespace, long timestampMillis) {
        Timer<N> timer = probe(backend.currentRowOrNew(), namespace, timestampMillis);
        if (known.containsKey(timer)) {
            return false;
        }
        spare = null;
        backend.rows().beginChange();
        link(timer);
        insert(timer);
        backend.rows().endChange();
        return true;
    }

    @Override
    public boolean delete(N namespace, long timestampMillis) {
        Row row = backend.currentRowOrNull();
        Timer<N> timer = row == null ? null : known.get(probe(row, namespace, timestampMillis));
        if (timer == null) {
            return false;
        }
        remove(timer);
        backend.rowLost(timer.row);
        return true;
    }

    @Override
    public void deleteAll(N namespace) {
        Row row = backend.currentRowOrNull();
        Timer<N> timer = row == null ? null : first(row);
        if (row == null || timer == null) {
            return;
        }
        while (timer != null) {
            Timer<N> next = timer.next;
            if (timer.namespace.equals(namespace)) {
                remove(timer);
            }
            timer = next;
        }
        backend.rowLost(row);
    }

    @Override
    public long nextMillis() {
        Rows<K> rows = backend.rows();
        while (rows.firstUndecodedTimerMillis(domain) < firstMillis()) {
            rows.decodeDue(domain, rows.firstUndecodedTimerMillis(domain));
        }
        return firstMillis();
    }

    @Override
    public long earliestMillis() {
        return Math.min(firstMillis(), backend.rows().firstUndecodedTimerMillis(domain));
    }

    @Override
    public int advance(long millis, Firing<K, N> firing) throws Exception {
        Rows<K> rows = backend.rows();
        int fired = 0;
        do {
            backend.forgetCurrentKey();
            rows.makeRoomForDue(domain, millis);
            rows.decodeDue(domain, millis);
            // Those that are not objects yet may be due as early as that, and are the next then.
            while (firstMillis() <= Math.min(millis, rows.firstUndecodedTimerMillis(domain)) && !heap.isEmpty()) {
                Timer<N> due = heap.get(0);
                K key = backend.makeCurrent(due.row);
                remove(due);
                firing.onTimer(key, due.namespace, due.timestampMillis);
                backend.rowLost(due.row);
                fired++;
            }
        } while (rows.firstUndecodedTimerMillis(domain) <= millis
                && rows.firstUndecodedTimerMillis(domain) != Long.MAX_VALUE);
        return fired;
    }

    @Override
    public int count() {
        while (backend.rows().firstUndecodedTimerMillis(domain) != Long.MAX_VALUE) {
            backend.rows().decodeDue(domain, Long.MAX_VALUE);
        }
        return heap.size();
    }

    static String schema(Serde<?> namespaceSerde) {
        return "timers<" + namespaceSerde.schema() + ">";
    }

    // ---- a row's timers ------------------------------------------------------------------------------------------

    /** @param firstTimers is told of each */
    void write(Row row, BinaryWriter out, FirstTimers firstTimers) {
        for (Timer<N> timer = first(row); timer != null; timer = timer.next) {
            namespaceSerde.write(timer.namespace, out);
            out.writeVarLong(timer.timestampMillis);
            firstTimers.note(domain, Math.min(timer.timestampMillis, LATEST_MILLIS));
        }
    }

    /** Gives a row that has none its timers, which are not in the queue yet. */
    void read(Row row, BinaryReader in) {
        Timer<N> last = null;
        while (in.remaining() > 0) {
            N namespace = namespaceSerde.read(in);
            Timer<N> timer = new Timer<>(row, namespace, in.readVarLong());
            if (last == null) {
                row.set(section, timer);
            } else {
                last.next = timer;
                timer.previous = last;
            }
            last = timer;
        }
    }

    void insertAll(Row row) {
        for (Timer<N> timer = first(row); timer != null; timer = timer.next) {
            insert(timer);
        }
    }

    void removeAll(Row row) {
        for (Timer<N> timer = first(row); timer != null; timer = timer.next) {
            known.remove(timer);
            removeAt(timer.place);
        }
        row.clear(section);
    }

    /** Takes over the timers of an earlier queue of the same namespaces. */
    @SuppressWarnings("unchecked")
    void adopt(RowTimerQueue<?, ?> earlier) {
        known = ((RowTimerQueue<K, N>) earlier).known;
        heap = ((RowTimerQueue<K, N>) earlier).heap;
    }

    @SuppressWarnings("unchecked")
    private @Nullable Timer<N> first(Row row) {
        return (Timer<N>) row.get(section);
    }

    private void link(Timer<N> timer) {
        Timer<N> first = first(timer.row);
        timer.next = first;
        timer.previous = null;
        if (first != null) {
            first.previous = timer;
        }
        timer.row.set(section, timer);
    }

    private void unlink(Timer<N> timer) {
        if (timer.next != null) {
            timer.next.previous = timer.previous;
        }
        if (timer.previous != null) {
            timer.previous.next = timer.next;
        } else if (timer.next != null) {
            timer.row.set(section, timer.next);
        } else {
            timer.row.clear(section);
        }
    }

    private Timer<N> probe(Row row, N namespace, long timestampMillis) {
        Timer<N> timer = spare;
        if (timer == null) {
            timer = new Timer<>(row, namespace, timestampMillis);
            spare = timer;
        } else {
            timer.become(row, namespace, timestampMillis);
        }
        return timer;
    }

    // ---- the heap ------------------------------------------------------------------------------------------------

    private long firstMillis() {
        return heap.isEmpty() ? Long.MAX_VALUE : heap.get(0).timestampMillis;
    }

    private void remove(Timer<N> timer) {
        backend.rows().beginChange();
        known.remove(timer);
        removeAt(timer.place);
        unlink(timer);
        backend.rows().endChange();
    }

    private void insert(Timer<N> timer) {
        known.put(timer, timer);
        heap.add(timer);
        siftUp(heap.size() - 1, timer);
    }

    private void removeAt(int place) {
        Timer<N> last = heap.remove(heap.size() - 1);
        if (place == heap.size()) {
            return;
        }
        siftDown(place, last);
        if (heap.get(place) == last) {
            siftUp(place, last);
        }
    }

    private void siftUp(int from, Timer<N> timer) {
        int place = from;
        while (place > 0) {
            int parent = (place - 1) >>> 1;
            if (heap.get(parent).timestampMillis <= timer.timestampMillis) {
                break;
            }
            put(place, heap.get(parent));
            place = parent;
        }
        put(place, timer);
    }

    private void siftDown(int from, Timer<N> timer) {
        int place = from;
        for (int child = 2 * place + 1; child < heap.size(); child = 2 * place + 1) {
            boolean rightIsEarlier =
                    child + 1 < heap.size() && heap.get(child + 1).timestampMillis < heap.get(child).timestampMillis;
            int earlier = rightIsEarlier ? child + 1 : child;
            if (timer.timestampMillis <= heap.get(earlier).timestampMillis) {
                break;
            }
            put(place, heap.get(earlier));
            place = earlier;
        }
        put(place, timer);
    }

    private void put(int place, Timer<N> timer) {
        heap.set(place, timer);
        timer.place = place;
    }
}
