package io.selvage.task.operator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How long a thread has waited for one kind of thing; measured around each wait. Owned by that thread; any other may
 * read, also in the midst of a wait.
 */
public final class WaitingTime {
    private static final VarHandle TOTAL;
    private static final VarHandle SINCE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TOTAL = lookup.findVarHandle(WaitingTime.class, "totalNanos", long.class);
            SINCE = lookup.findVarHandle(WaitingTime.class, "sinceNanos", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long totalNanos; // Of waits that are over.

    @SuppressWarnings("unused") // Through SINCE.
    private long sinceNanos; // 0: it does not wait.

    /** Owner: a wait begins. */
    public void begin(long nowNanos) {
        SINCE.setRelease(this, nowNanos == 0 ? 1 : nowNanos);
    }

    /** Owner: the wait is over. */
    public void end(long nowNanos) {
        TOTAL.setOpaque(this, totalNanos + nowNanos - sinceNanos);
        SINCE.setRelease(this, 0L);
    }

    /**
     * Any thread: nanoseconds until now. A wait that ends meanwhile may be counted twice; the next answer is right
     * again.
     */
    public long nanos(long nowNanos) {
        long since = (long) SINCE.getAcquire(this);
        long total = (long) TOTAL.getOpaque(this);
        return since == 0 ? total : total + Math.max(0, nowNanos - since);
    }
}
