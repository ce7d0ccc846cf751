package io.selvage.task.control;

import org.jspecify.annotations.Nullable;

/**
 * Owned by the link's thread: for how long the newest master has not been heard, and what that says. Pure.
 *
 * <p>A master that is silent here may be well elsewhere. So what it leaves in HDFS is the witness: as long as that
 * changes, the fault is this executor's connection. Whether it changes takes two looks, some time apart, however long
 * the silence was before the first: this process may have been paused, or cut off from everything.
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

    /**
     * What a living master changes.
     *
     * @param topSlot the newest of the journal
     * @param signOfLife of the newest master
     */
    record Traces(long topSlot, long signOfLife) {}

    private final long limitNanos;
    private long heardNanos;
    private boolean gone;
    private @Nullable Traces tracesWhenSilent; // Null: not looked at since it was heard.
    private long tracesNanos;

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
            tracesWhenSilent = null;
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

    /** Its traces can't be seen, and perhaps not left either: what was seen before proves nothing. */
    void onTracesHidden() {
        tracesWhenSilent = null;
    }

    /** Whether its traces have to be looked at before a verdict; cheap. */
    boolean isLong(long nowNanos) {
        return nowNanos - heardNanos >= patience() / 2;
    }

    /** @param traces just read */
    Verdict judge(long nowNanos, Traces traces) {
        if (!isLong(nowNanos)) {
            return Verdict.WAIT;
        }
        if (tracesWhenSilent == null) {
            tracesWhenSilent = traces;
            tracesNanos = nowNanos;
            return Verdict.WAIT;
        }
        if (!traces.equals(tracesWhenSilent)) {
            onHeard(nowNanos);
            return Verdict.WAIT;
        }
        boolean isSilent = nowNanos - heardNanos >= patience() && nowNanos - tracesNanos >= patience() / 2;
        return isSilent ? Verdict.REPLACE : Verdict.WAIT;
    }

    long silentNanos(long nowNanos) {
        return nowNanos - heardNanos;
    }

    private long patience() {
        return gone ? limitNanos * PATIENCE_WHEN_GONE : limitNanos;
    }
}
