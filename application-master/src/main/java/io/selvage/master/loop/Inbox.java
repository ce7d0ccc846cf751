package io.selvage.master.loop;

import io.selvage.master.event.MasterEvent;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Owned by the master's loop, which alone takes; any thread posts. Bounded. */
public final class Inbox {
    /** Events that may wait; the loop takes each in microseconds. */
    static final int CAPACITY = 16_384;
    /** A loop that frees no place for so long does not work any more. */
    static final long MAX_WAIT_SECONDS = 20;

    private final BlockingQueue<MasterEvent> events = new ArrayBlockingQueue<>(CAPACITY);
    private final Overload overload;

    /** @param overload told, by the thread that posts, that an event could not be posted */
    public Inbox(Overload overload) {
        this.overload = overload;
    }

    /** What to do when a bounded queue of the master is full; it does not return. */
    @FunctionalInterface
    public interface Overload {
        void onFull(String what);
    }

    /** Posts an event. While the inbox is full the poster waits, and so does whoever sends it messages. */
    public void post(MasterEvent event) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (!events.offer(event, MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
                        overload.onFull("The master's inbox of " + CAPACITY + " events is full.");
                    }
                    return;
                } catch (InterruptedException e) {
                    // The event must not be lost: who interrupts is heard once it is posted.
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Nullable
    MasterEvent poll(long waitNanos) throws InterruptedException {
        return events.poll(waitNanos, TimeUnit.NANOSECONDS);
    }

    @Nullable
    MasterEvent poll() {
        return events.poll();
    }
}
