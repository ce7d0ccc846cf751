package io.selvage.task.operator;

import org.jspecify.annotations.Nullable;

/**
 * How far a source's subtask is, and how far it may go: it is not to be ahead of others by too much. Owned by the
 * subtask's thread; the executor's loop reads how far it is, and says how far the others are.
 */
public final class SourceAlignment {
    // Volatile, where mail would not do: heartbeats read and write them, at their own pace, and nobody waits for
    // either.
    private volatile String group = ""; // Written by the owner, once.
    private volatile long reachedMillis = Long.MIN_VALUE; // Written by the owner.
    private volatile @Nullable Least least; // Written by the loop; null: nothing is known.

    /** Immutable. */
    private record Least(long millis, long validUntilNanos) {}

    /** Owner. */
    void join(String newGroup) {
        group = newGroup;
    }

    /** Owner. @param millis its watermark; {@link Long#MAX_VALUE}: nobody is to wait for it */
    void reach(long millis) {
        reachedMillis = millis;
    }

    /** Owner: whether others are further behind that watermark than so much. While nothing is known, none is. */
    boolean isAhead(long watermarkMillis, long maxDriftMillis, long nowNanos) {
        Least known = least;
        return known != null
                && nowNanos - known.validUntilNanos() < 0
                && known.millis() < watermarkMillis - maxDriftMillis;
    }

    /** Any thread: empty, if it waits for nobody. */
    public String group() {
        return group;
    }

    /** Any thread. */
    public long reachedMillis() {
        return reachedMillis;
    }

    /** The loop: the watermark of the one in the group that is behind, to be gone by until then. */
    public void onLeast(long millis, long validUntilNanos) {
        least = new Least(millis, validUntilNanos);
    }
}
