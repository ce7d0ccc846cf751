package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the backend. A binary heap by time whose members know their place, so that one can be deleted, beside a map
 * that finds duplicates. Registering a timer that is there already allocates nothing.
 */
final class HeapTimerQueue<K, N> implements TimerQueue<K, N> {
    private final HeapKeyedStateBackend<K> backend;
    private final Serde<K> keySerde;
    private final Serde<N> namespaceSerde;
    private final Map<Timer<K, N>, Timer<K, N>> known = new HashMap<>();
    private final ArrayList<Timer<K, N>> heap = new ArrayList<>();
    private @Nullable Timer<K, N> spare;

    /** Changed only while it is the spare one. */
    private static final class Timer<K, N> {
        private K key;
        private N namespace;
        private long timestampMillis;
        private int keyHash;
        private int group;
        private int place;

        Timer(K key, N namespace, long timestampMillis) {
            this.key = key;
            this.namespace = namespace;
            this.timestampMillis = timestampMillis;
            this.keyHash = KeyTable.hash(key);
        }

        void become(K newKey, N newNamespace, long newTimestampMillis) {
            key = newKey;
            namespace = newNamespace;
            timestampMillis = newTimestampMillis;
            keyHash = KeyTable.hash(newKey);
        }

        @Override
        public int hashCode() {
            return (keyHash * 31 + Long.hashCode(timestampMillis)) * 31 + namespace.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Timer<?, ?> timer
                    && timer.timestampMillis == timestampMillis
                    && timer.keyHash == keyHash
                    && KeyTable.equal(timer.key, key)
                    && timer.namespace.equals(namespace);
        }
    }

    HeapTimerQueue(HeapKeyedStateBackend<K> backend, Serde<K> keySerde, Serde<N> namespaceSerde) {
        this.backend = backend;
        this.keySerde = keySerde;
        this.namespaceSerde = namespaceSerde;
    }

    @Override
    public boolean register(N namespace, long timestampMillis) {
        Timer<K, N> timer = probe(namespace, timestampMillis);
        if (known.containsKey(timer)) {
            return false;
        }
        timer.group = backend.currentGroup();
        insert(timer);
        return true;
    }

    @Override
    public boolean delete(N namespace, long timestampMillis) {
        Timer<K, N> timer = known.remove(probe(namespace, timestampMillis));
        if (timer == null) {
            return false;
        }
        removeAt(timer.place);
        return true;
    }

    @Override
    public long nextMillis() {
        return heap.isEmpty() ? Long.MAX_VALUE : heap.get(0).timestampMillis;
    }

    @Override
    public int advance(long watermarkMillis, Firing<K, N> firing) throws Exception {
        int fired = 0;
        while (!heap.isEmpty() && heap.get(0).timestampMillis <= watermarkMillis) {
            Timer<K, N> due = heap.get(0);
            removeAt(0);
            known.remove(due);
            backend.setCurrentKey(due.key);
            firing.onTimer(due.key, due.namespace, due.timestampMillis);
            fired++;
        }
        return fired;
    }

    @Override
    public int count() {
        return heap.size();
    }

    String schema() {
        return "timers<" + namespaceSerde.schema() + ">";
    }

    void writeGroups(BinaryWriter out) {
        List<Timer<K, N>> sorted = new ArrayList<>(heap);
        sorted.sort(Comparator.comparingInt(timer -> timer.group));
        int at = 0;
        while (at < sorted.size()) {
            int group = sorted.get(at).group;
            int lengthAt = RestoredSegment.beginGroup(out, group);
            for (; at < sorted.size() && sorted.get(at).group == group; at++) {
                Timer<K, N> timer = sorted.get(at);
                keySerde.write(timer.key, out);
                namespaceSerde.write(timer.namespace, out);
                out.writeVarLong(timer.timestampMillis);
            }
            RestoredSegment.endGroup(out, lengthAt);
        }
    }

    void readGroup(int group, BinaryReader in) {
        while (in.remaining() > 0) {
            K key = keySerde.read(in);
            N namespace = namespaceSerde.read(in);
            Timer<K, N> timer = new Timer<>(key, namespace, in.readVarLong());
            timer.group = group;
            insert(timer);
        }
    }

    private Timer<K, N> probe(N namespace, long timestampMillis) {
        K key = backend.currentKey();
        Timer<K, N> timer = spare;
        if (timer == null) {
            timer = new Timer<>(key, namespace, timestampMillis);
            spare = timer;
        } else {
            timer.become(key, namespace, timestampMillis);
        }
        return timer;
    }

    private void insert(Timer<K, N> timer) {
        if (timer == spare) {
            spare = null;
        }
        known.put(timer, timer);
        heap.add(timer);
        siftUp(heap.size() - 1, timer);
    }

    private void removeAt(int place) {
        Timer<K, N> last = heap.remove(heap.size() - 1);
        if (place == heap.size()) {
            return;
        }
        siftDown(place, last);
        if (heap.get(place) == last) {
            siftUp(place, last);
        }
    }

    private void siftUp(int from, Timer<K, N> timer) {
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

    private void siftDown(int from, Timer<K, N> timer) {
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

    private void put(int place, Timer<K, N> timer) {
        heap.set(place, timer);
        timer.place = place;
    }
}
