package io.selvage.task.exchange;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of elements with one producing and one consuming thread; its indexes are split between the two.
 *
 * <p>Fast-flow style caching of the other side's index (Giacomoni et al., "FastForward", PPoPP 2008; Thompson, Agrona's
 * {@code OneToOneConcurrentArrayQueue}): a side reads the other's cache line only when what it knows of it is used up.
 * Elements are published by release stores and read after acquire loads.
 *
 * <p>References lie in short arrays, each of them new when its first slot is written: G1's barrier lets a store into a
 * young array pass, where each store into an old one costs a fence and a card to be scanned (Detlefs et al.,
 * "Garbage-First Garbage Collection", ISMM 2004).
 */
public final class ElementRing extends ConsumerFields {
    /** Elements that a ring holds if nothing else is said. */
    public static final int CAPACITY = 1024;

    private static final VarHandle PRODUCED;
    private static final VarHandle CONSUMED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            PRODUCED = lookup.findVarHandle(ProducerFields.class, "produced", long.class);
            CONSUMED = lookup.findVarHandle(ConsumerFields.class, "consumed", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // Keeps the consumer's fields alone on their cache line.
    private long q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15;

    private static final int MOST_IN_A_PIECE = 64;

    private final @Nullable Object[] @Nullable [] pieces; // Twice as many as are full: none is replaced too early.
    private final int pieceShift;
    private final int pieceMask; // Of the slots in a piece.
    private final int piecesMask; // Of the pieces.
    private final long[] timestamps;
    private final int mask;
    private volatile int limit; // Volatile: set by the consumer, read by the producer when it has used up its room.

    public ElementRing() {
        this(CAPACITY);
    }

    /** @param capacity in elements, a power of two */
    public ElementRing(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("a ring of " + capacity + " elements; it has to be a power of two");
        }
        int inPiece = Math.min(capacity, MOST_IN_A_PIECE);
        pieceShift = Integer.numberOfTrailingZeros(inPiece);
        pieceMask = inPiece - 1;
        pieces = new @Nullable Object[2 * capacity / inPiece][];
        piecesMask = pieces.length - 1;
        timestamps = new long[capacity];
        mask = capacity - 1;
        limit = capacity;
    }

    /**
     * Consumer: no more than so many elements are to lie in the ring from now on, though more may at this moment.
     *
     * @param elements from 1 to the capacity
     */
    public void limit(int elements) {
        if (elements < 1 || elements > capacity()) {
            throw new IllegalArgumentException("a limit of " + elements + " in a ring of " + capacity());
        }
        limit = elements;
    }

    public int limit() {
        return limit;
    }

    /** Producer. False: as many elements lie in the ring as may. */
    public boolean offer(Object element, long timestampMillis) {
        long at = produced;
        if (at == roomUntil && !refreshRoom()) {
            return false;
        }
        put(at, element, timestampMillis);
        return true;
    }

    /** Producer: the same, whatever the limit is, as long as so many slots stay free. */
    public boolean force(Object element, long timestampMillis, int spared) {
        long at = produced;
        if (at - (long) CONSUMED.getAcquire(this) + spared > mask) {
            return false;
        }
        put(at, element, timestampMillis);
        roomUntil = Math.max(roomUntil, produced);
        return true;
    }

    private void put(long at, Object element, long timestampMillis) {
        int slot = (int) at & pieceMask;
        int piece = (int) (at >> pieceShift) & piecesMask;
        if (slot == 0) {
            pieces[piece] = new @Nullable Object[pieceMask + 1];
        }
        pieces[piece][slot] = element;
        timestamps[(int) at & mask] = timestampMillis;
        PRODUCED.setRelease(this, at + 1);
    }

    /** Producer: elements offered since the beginning, which is the index of the next one. */
    public long offered() {
        return produced;
    }

    /** Producer. */
    public boolean isFull() {
        return produced == roomUntil && !refreshRoom();
    }

    private boolean refreshRoom() {
        roomUntil = Math.max(produced, (long) CONSUMED.getAcquire(this) + limit);
        return produced != roomUntil;
    }

    /** Consumer. Null: the ring is empty. */
    public @Nullable Object poll() {
        long at = consumed;
        if (at == availableUntil && !refreshAvailable()) {
            return null;
        }
        @Nullable Object[] piece = piece(at);
        int slot = (int) at & pieceMask;
        Object element = piece[slot];
        timestamp = timestamps[(int) at & mask];
        piece[slot] = null;
        if (slot == pieceMask) {
            pieces[(int) (at >> pieceShift) & piecesMask] = null; // It would grow old here.
        }
        CONSUMED.setRelease(this, at + 1);
        return element;
    }

    /** Consumer: elements polled since the beginning. */
    public long polled() {
        return consumed;
    }

    /** Consumer: copies the elements that are polled next, so many at most; answers how many. */
    public int copyNext(Object[] into, int most) {
        long from = consumed;
        if (availableUntil - from < most) {
            refreshAvailable();
        }
        int count = (int) Math.min(most, availableUntil - from);
        for (int i = 0; i < count; i++) {
            into[i] = peek(from + i);
        }
        return count;
    }

    /** Consumer: an element that has not been polled, by its index; the producer has offered it. */
    public Object peek(long index) {
        return Objects.requireNonNull(piece(index)[(int) index & pieceMask], "an element that is not in the ring");
    }

    private @Nullable Object[] piece(long index) {
        return pieces[(int) (index >> pieceShift) & piecesMask];
    }

    /** Consumer: of an element that has not been polled. */
    public long timestampMillis(long index) {
        return timestamps[(int) index & mask];
    }

    /** Consumer: of the element polled last. */
    public long timestampMillis() {
        return timestamp;
    }

    /** Consumer. */
    public boolean isEmpty() {
        return consumed == availableUntil && !refreshAvailable();
    }

    private boolean refreshAvailable() {
        availableUntil = (long) PRODUCED.getAcquire(this);
        return consumed != availableUntil;
    }

    /** Either side, and others that can do with an estimate. */
    public int size() {
        long before = (long) CONSUMED.getAcquire(this);
        return (int) Math.max(0, Math.min(mask + 1L, (long) PRODUCED.getAcquire(this) - before));
    }

    public int capacity() {
        return mask + 1;
    }
}

@SuppressWarnings("unused")
abstract class ProducerPadding {
    private long p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
}

abstract class ProducerFields extends ProducerPadding {
    long produced; // Written by the producer alone, by release stores.
    long roomUntil; // The producer's own: it may write up to here without looking at the consumer.
}

@SuppressWarnings("unused")
abstract class ConsumerPadding extends ProducerFields {
    private long r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15;
}

abstract class ConsumerFields extends ConsumerPadding {
    long consumed; // Written by the consumer alone, by release stores.
    long availableUntil; // The consumer's own: it may read up to here without looking at the producer.
    long timestamp; // The consumer's own.
}
