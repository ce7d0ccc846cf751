package io.selvage.task.control;

/**
 * Owned by the link's thread: for how long the newest master has not been heard, and what that says. Pure.
 *
 * <p>A master that is silent here may be well elsewhere. So its journal is the witness: as long as it grows, the fault
 * is this executor's connection.
 */
final class Silence {
    /**
     * A process that is gone, and not only silent, is noticed by YARN itself, in seconds; unless its host's NodeManager
     * is gone as well.
     */
    static final int PATIENCE_WHEN_GONE = 4;

    /** What is to be done about a master's silence. */
    enum Verdict {
        /** It is heard, or not silent for long. */
        WAIT,
        /** It is heard nowhere. */
        REPLACE
    }

    private static final long UNKNOWN = -1;

    private final long limitNanos;
    private long heardNanos;
    private boolean gone;
    private long slotWhenSilent = UNKNOWN;

    /** @param nowNanos the wait begins, with the first master */
    Silence(long limitNanos, long nowNanos) {
        this.limitNanos = limitNanos;
        this.heardNanos = nowNanos;
    }

    /** The master has sent something, or there is a newer one; at that time. */
    void onHeard(long atNanos) {
        if (atNanos - heardNanos > 0) {
            heardNanos = atNanos;
            gone = false;
            slotWhenSilent = UNKNOWN;
        }
    }

    /** Its host says that its process is not there, or takes no connections. */
    void onGone() {
        gone = true;
    }

    /** It is not gone but does not answer. */
    void onUnreachable() {
        gone = false;
    }

    /** Whether the journal has to be looked at before a verdict; cheap. */
    boolean isLong(long nowNanos) {
        return nowNanos - heardNanos >= patience() / 2;
    }

    /** @param topSlot the newest of the journal, just read */
    Verdict judge(long nowNanos, long topSlot) {
        if (!isLong(nowNanos)) {
            return Verdict.WAIT;
        }
        if (slotWhenSilent == UNKNOWN) {
            slotWhenSilent = topSlot;
        }
        if (topSlot != slotWhenSilent) {
            onHeard(nowNanos);
            return Verdict.WAIT;
        }
        return nowNanos - heardNanos >= patience() ? Verdict.REPLACE : Verdict.WAIT;
    }

    long silentNanos(long nowNanos) {
        return nowNanos - heardNanos;
    }

    private long patience() {
        return gone ? limitNanos * PATIENCE_WHEN_GONE : limitNanos;
    }
}
