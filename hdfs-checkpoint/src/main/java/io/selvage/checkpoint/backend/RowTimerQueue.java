package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. Timers by time, and in each row a list of what is its own. Registering a timer that is there
 * already allocates nothing.
 */
final class RowTimerQueue<K, N> implements TimerQueue<K, N> {
    /** Later times count as this one where rows are told that have timers from those that have none. */
    private static final long LATEST_MILLIS = Long.MAX_VALUE - 1;

    private final RowKeyedStateBackend<K> backend;
    private final Serde<N> namespaceSerde;
    private final TimeDomain domain;
    private final int section;
    private DueTimers<N> timers = new DueTimers<>();

    /** @param section where a row has its timers of this queue */
    RowTimerQueue(RowKeyedStateBackend<K> backend, Serde<N> namespaceSerde, TimeDomain domain, int section) {
        this.backend = backend;
        this.namespaceSerde = namespaceSerde;
        this.domain = domain;
        this.section = section;
    }

    @Override
    public boolean register(N namespace, long timestampMillis) {
        Row row = backend.currentRowOrNew();
        if (timers.find(row, namespace, timestampMillis) != null) {
            return false;
        }
        Timer<N> timer = new Timer<>(row, namespace, timestampMillis);
        backend.rows().beginChange();
        link(timer);
        timers.add(timer);
        backend.rows().endChange();
        return true;
    }

    @Override
    public boolean delete(N namespace, long timestampMillis) {
        Row row = backend.currentRowOrNull();
        Timer<N> timer = row == null ? null : timers.find(row, namespace, timestampMillis);
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
        while (rows.firstUndecodedTimerMillis(domain) < timers.firstMillis()) {
            rows.decodeDue(domain, rows.firstUndecodedTimerMillis(domain));
        }
        return timers.firstMillis();
    }

    @Override
    public long earliestMillis() {
        return Math.min(timers.firstMillis(), backend.rows().firstUndecodedTimerMillis(domain));
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
            for (Timer<N> due = timers.first();
                    due != null && due.timestampMillis <= Math.min(millis, rows.firstUndecodedTimerMillis(domain));
                    due = timers.first()) {
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
        return timers.count();
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
            timers.add(timer);
        }
    }

    void removeAll(Row row) {
        for (Timer<N> timer = first(row); timer != null; timer = timer.next) {
            timers.remove(timer);
        }
        row.clear(section);
    }

    /** Takes over the timers of an earlier queue of the same namespaces. */
    @SuppressWarnings("unchecked")
    void adopt(RowTimerQueue<?, ?> earlier) {
        timers = ((RowTimerQueue<K, N>) earlier).timers;
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
        timer.next = null;
        timer.previous = null;
    }

    private void remove(Timer<N> timer) {
        backend.rows().beginChange();
        timers.remove(timer);
        unlink(timer);
        backend.rows().endChange();
    }
}
