package io.selvage.task.exchange;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread, its owner, wait until another has something for it; any thread may signal.
 *
 * <p>The owner calls {@link #prepare}, looks once more whether there is something to do, and only then calls
 * {@link #await}. A signal between the two makes {@code await} return at once, so none is lost.
 */
public final class Wakeup {
    private static final int RUNNING = 0;
    private static final int WAITING = 1;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Wakeup.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile @Nullable Thread owner; // Volatile: set by the owner's first call, read by any who signals.

    @SuppressWarnings("unused") // Through STATE: a flag is all that a signal is; a message would have to be allocated.
    private volatile int state;

    private volatile boolean
            announced; // Volatile: set by producers, taken by the owner; channels hold what it is about.

    /** Any thread: a barrier has been announced on a channel that leads to the owner. */
    public void announce() {
        announced = true;
        signal();
    }

    /** Owner: whether {@link #announce} has been called since it was asked last. */
    public boolean takeAnnounced() {
        if (!announced) {
            return false;
        }
        announced = false;
        return true;
    }

    /** Owner: whether {@link #takeAnnounced} would answer true. */
    public boolean isAnnounced() {
        return announced;
    }

    /** Owner: from now on signals count. A full fence: what is read afterwards is not older than this call. */
    public void prepare() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        STATE.setVolatile(this, WAITING);
    }

    /** Owner: there is something to do after all. */
    public void cancel() {
        STATE.setVolatile(this, RUNNING);
    }

    /** Owner: waits for a signal since {@link #prepare}, an interrupt, or the time, whichever comes first. */
    public void await(long nanos) {
        if ((int) STATE.getVolatile(this) == WAITING) {
            LockSupport.parkNanos(this, nanos);
        }
        STATE.setVolatile(this, RUNNING);
    }

    /**
     * Any thread: ends the owner's wait. Cheap while the owner runs, but a full fence; what was written before is seen
     * by the owner after it has prepared.
     */
    public void signal() {
        VarHandle.fullFence();
        if ((int) STATE.getOpaque(this) == WAITING && STATE.compareAndSet(this, WAITING, RUNNING)) {
            LockSupport.unpark(owner);
        }
    }
}
