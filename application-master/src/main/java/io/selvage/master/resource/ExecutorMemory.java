package io.selvage.master.resource;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Owned by the {@link Fleet}: how much memory YARN is asked for an executor. It is more than what is set once an
 * executor was ended because it used more than it had, and all that it is more is room beside the heap: what had too
 * little of it. In MiB; times are nanoseconds since the master's start.
 */
final class ExecutorMemory {
    /** So long nothing larger is tried once YARN had no room for it. */
    static final long NO_ROOM_NANOS = TimeUnit.MINUTES.toNanos(10);

    private static final long LEAST_STEP = 128;
    /** Of what is set. */
    private static final int STEP_SHARE = 4;

    private final long configured;
    private final long most;
    /** That YARN gives to a container. */
    private long largest = Long.MAX_VALUE;

    /** What kills have taught; what is set if none have. */
    private long learnt;
    /** By which heap and buffers are sized, once more is asked for: what they were sized by when it was not enough. */
    private long ofHeap;

    /** Until then what is set is asked for; 0: YARN has room for what was learnt, as far as is known. */
    private long noRoomUntilNanos;

    /**
     * @param learnt by an earlier master; 0 if nothing
     * @param learntOfHeap what it had heaps sized by
     */
    ExecutorMemory(long configured, long most, long learnt, long learntOfHeap) {
        this.configured = configured;
        this.most = most;
        this.learnt = Math.max(configured, Math.min(most, learnt));
        this.ofHeap = Math.max(configured, learntOfHeap);
    }

    /** What an executor is to get. */
    long asked() {
        return noRoomUntilNanos == 0 ? learnt : configured;
    }

    /** For a later master: what executors are to get, if YARN has room for it; 0 if that is what is set. */
    long learnt() {
        return learnt > configured ? learnt : 0;
    }

    /** It is more than what is set. */
    boolean isRaised() {
        return asked() > configured;
    }

    /** What {@link #learnt} leaves to heap and buffers; 0 if that is nothing. */
    long ofHeap() {
        return learnt > configured ? ofHeap : 0;
    }

    /** Of a container of that size, what neither heap nor buffers may take. */
    long reserveOf(long size) {
        return learnt > configured ? Math.max(0, size - ofHeap) : 0;
    }

    void boundBy(long largestContainer) {
        largest = largestContainer;
        learnt = Math.max(configured, Math.min(learnt, largest));
    }

    /** Where YARN had no room, it may have some by now. */
    void passTime(long nowNanos) {
        noRoomUntilNanos = nowNanos < noRoomUntilNanos ? noRoomUntilNanos : 0;
    }

    /**
     * An executor was ended for its memory. The room beside the heap doubles each time, so that three or four deaths
     * find what is needed; several executors that had the same teach no more than one of them.
     *
     * @param size of its container, which may be more than was asked for; 0: not known
     * @param reserve what of it neither its heap nor its buffers could take
     * @return what follows from it, a sentence
     */
    String onExceeded(long size, long reserve, long nowNanos) {
        passTime(nowNanos);
        long had = size == 0 ? asked() : size;
        if (had < asked()) {
            return "Those that follow get more already, " + asked() + " MiB.";
        }
        if (noRoomUntilNanos > 0) {
            return "Those that follow get no more: YARN had no room for larger ones.";
        }
        long base = isRaised() ? ofHeap : Math.max(configured, had - reserve);
        long room = Math.max(Math.max(LEAST_STEP, configured / STEP_SHARE), 2 * (had - base));
        long next = Math.min(base + room, Math.min(most, largest));
        if (next <= had) {
            return "Those that follow get no more than its " + had + " MiB: "
                    + (most <= largest
                            ? "selvage.executor.memory-growth does not allow it."
                            : "YARN gives at most " + largest + " MiB to a container.");
        }
        learnt = next;
        ofHeap = base;
        return "Those that follow get " + learnt + " MiB, and heaps as before: what is beside them had too little of "
                + had + " MiB.";
    }

    /** YARN does not give what is asked for: for a while it is asked for what is set, which it has given before. */
    void onNoRoom(long nowNanos) {
        noRoomUntilNanos = nowNanos + NO_ROOM_NANOS;
    }

    /** The programs that needed it are gone. */
    void forget() {
        learnt = configured;
        noRoomUntilNanos = 0;
    }

    /** For people, a sentence. */
    Optional<String> notice() {
        return isRaised()
                ? Optional.of("Executors get " + learnt + " MiB instead of " + configured
                        + " MiB, as YARN has ended one that used more than it had: what is more is room beside the heap."
                        + " See what takes it, or raise selvage.executor.memory.")
                : Optional.empty();
    }
}
