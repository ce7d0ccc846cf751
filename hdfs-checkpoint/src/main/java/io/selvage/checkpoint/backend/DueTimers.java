package io.selvage.checkpoint.backend;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its queue. Timers by time, and by what they are. Those of one millisecond are a list, in the order in which
 * they were added, and the milliseconds are a binary heap: the windows of all keys end at the same few, so that to add
 * a timer and to take the next one is to link it and to unlink it. What finds a timer is linked through the timers too:
 * nothing is allocated but for a millisecond that has none yet.
 */
final class DueTimers<N> {
    private static final int LEAST_SLOTS = 16;
    /** 2^32 divided by the golden ratio: spreads hashes over the upper bits (Knuth, vol. 3, 6.4). */
    private static final int FIBONACCI = 0x9e3779b9;

    /** Owned by the timers. What is due at one time. */
    static final class Moment<N> {
        private final long millis;
        private int place; // In the heap.
        private @Nullable Timer<N> first;
        private @Nullable Timer<N> last;
        private @Nullable Moment<N> nextInSlot;

        private Moment(long millis) {
            this.millis = millis;
        }
    }

    private @Nullable Timer<N>[] timerSlots = newTimers(LEAST_SLOTS);
    private int count;
    private @Nullable Moment<N>[] momentSlots = newMoments(LEAST_SLOTS);
    private @Nullable Moment<N>[] heap = newMoments(LEAST_SLOTS);
    private int moments;
    private @Nullable Moment<N> recent; // What a timer was added to last.

    int count() {
        return count;
    }

    /** {@link Long#MAX_VALUE}: there is none. */
    long firstMillis() {
        return moments == 0 ? Long.MAX_VALUE : heap(0).millis;
    }

    /** The earliest one; null: there is none. */
    @Nullable
    Timer<N> first() {
        return moments == 0 ? null : heap(0).first;
    }

    /** Null: there is none. */
    @Nullable
    Timer<N> find(Row row, N namespace, long millis) {
        Timer<N> timer = timerSlots[slotOf(Timer.hash(row, namespace, millis), timerSlots.length)];
        while (timer != null && !timer.is(row, namespace, millis)) {
            timer = timer.nextInSlot;
        }
        return timer;
    }

    /** It must not be there. */
    void add(Timer<N> timer) {
        if (count == timerSlots.length) {
            growTimerSlots();
        }
        putInSlot(timer);
        count++;
        Moment<N> moment = momentOf(timer.timestampMillis);
        Timer<N> last = moment.last;
        timer.moment = moment;
        timer.previousDue = last;
        if (last == null) {
            moment.first = timer;
        } else {
            last.nextDue = timer;
        }
        moment.last = timer;
    }

    /** It must be there. */
    void remove(Timer<N> timer) {
        takeFromSlot(timer);
        count--;
        Moment<N> moment = Objects.requireNonNull(timer.moment);
        Timer<N> previous = timer.previousDue;
        Timer<N> next = timer.nextDue;
        if (previous == null) {
            moment.first = next;
        } else {
            previous.nextDue = next;
        }
        if (next == null) {
            moment.last = previous;
        } else {
            next.previousDue = previous;
        }
        timer.moment = null;
        timer.previousDue = null;
        timer.nextDue = null;
        if (moment.first == null) {
            remove(moment);
        }
    }

    // ---- what finds a timer --------------------------------------------------------------------------------------

    /** @param slots a power of two, at least two */
    private static int slotOf(int hash, int slots) {
        return (hash * FIBONACCI) >>> Integer.numberOfLeadingZeros(slots - 1);
    }

    private void putInSlot(Timer<N> timer) {
        int slot = slotOf(timer.hash(), timerSlots.length);
        timer.nextInSlot = timerSlots[slot];
        timerSlots[slot] = timer;
    }

    private void takeFromSlot(Timer<N> timer) {
        int slot = slotOf(timer.hash(), timerSlots.length);
        Timer<N> before = timerSlots[slot];
        if (before == timer) {
            timerSlots[slot] = timer.nextInSlot;
        } else {
            while (Objects.requireNonNull(before).nextInSlot != timer) {
                before = before.nextInSlot;
            }
            before.nextInSlot = timer.nextInSlot;
        }
        timer.nextInSlot = null;
    }

    private void growTimerSlots() {
        @Nullable Timer<N>[] old = timerSlots;
        timerSlots = newTimers(2 * old.length);
        for (Timer<N> head : old) {
            for (Timer<N> timer = head; timer != null; ) {
                Timer<N> next = timer.nextInSlot;
                putInSlot(timer);
                timer = next;
            }
        }
    }

    // ---- times ---------------------------------------------------------------------------------------------------

    private Moment<N> momentOf(long millis) {
        Moment<N> moment = recent;
        if (moment == null || moment.millis != millis) {
            moment = momentSlots[slotOf(Long.hashCode(millis), momentSlots.length)];
            while (moment != null && moment.millis != millis) {
                moment = moment.nextInSlot;
            }
            if (moment == null) {
                moment = new Moment<>(millis);
                add(moment);
            }
            recent = moment;
        }
        return moment;
    }

    private void add(Moment<N> moment) {
        if (moments == heap.length) {
            grow();
        }
        putInSlot(moment);
        siftUp(moments++, moment);
    }

    private void remove(Moment<N> moment) {
        if (moment == recent) {
            recent = null;
        }
        takeFromSlot(moment);
        Moment<N> last = heap(--moments);
        heap[moments] = null;
        if (moment != last) {
            siftDown(moment.place, last);
            if (heap[moment.place] == last) {
                siftUp(moment.place, last);
            }
        }
    }

    private void putInSlot(Moment<N> moment) {
        int slot = slotOf(Long.hashCode(moment.millis), momentSlots.length);
        moment.nextInSlot = momentSlots[slot];
        momentSlots[slot] = moment;
    }

    private void takeFromSlot(Moment<N> moment) {
        int slot = slotOf(Long.hashCode(moment.millis), momentSlots.length);
        Moment<N> before = momentSlots[slot];
        if (before == moment) {
            momentSlots[slot] = moment.nextInSlot;
            return;
        }
        while (Objects.requireNonNull(before).nextInSlot != moment) {
            before = before.nextInSlot;
        }
        before.nextInSlot = moment.nextInSlot;
    }

    /** Of heap and slots. */
    private void grow() {
        @Nullable Moment<N>[] old = heap;
        heap = newMoments(2 * old.length);
        System.arraycopy(old, 0, heap, 0, moments);
        momentSlots = newMoments(heap.length);
        for (int i = 0; i < moments; i++) {
            putInSlot(heap(i));
        }
    }

    private void siftUp(int from, Moment<N> moment) {
        int place = from;
        while (place > 0) {
            int parent = (place - 1) >>> 1;
            if (heap(parent).millis <= moment.millis) {
                break;
            }
            put(place, heap(parent));
            place = parent;
        }
        put(place, moment);
    }

    private void siftDown(int from, Moment<N> moment) {
        int place = from;
        for (int child = 2 * place + 1; child < moments; child = 2 * place + 1) {
            int earlier = child + 1 < moments && heap(child + 1).millis < heap(child).millis ? child + 1 : child;
            if (moment.millis <= heap(earlier).millis) {
                break;
            }
            put(place, heap(earlier));
            place = earlier;
        }
        put(place, moment);
    }

    private void put(int place, Moment<N> moment) {
        heap[place] = moment;
        moment.place = place;
    }

    private Moment<N> heap(int place) {
        return Objects.requireNonNull(heap[place]);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <N> @Nullable Timer<N>[] newTimers(int number) {
        return new Timer[number];
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <N> @Nullable Moment<N>[] newMoments(int number) {
        return new Moment[number];
    }
}
