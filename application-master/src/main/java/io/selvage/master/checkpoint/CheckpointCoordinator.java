package io.selvage.master.checkpoint;

import io.selvage.master.event.CheckpointKey;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its job: at most one checkpoint at a time, from trigger to the record in the journal. A savepoint takes the
 * turn of one, and a number; it has no record unless the job is stopped with it, and counts neither as completed nor as
 * failed.
 *
 * <p>Open while every subtask of an incarnation serves barriers. Closing drops the pending checkpoint, except one whose
 * record is already on its way into the journal: that one counts if the journal says so, even after a failure.
 *
 * <p>Times are nanoseconds since the master's start.
 */
public final class CheckpointCoordinator {
    /** No deadline. */
    public static final long NEVER = Long.MAX_VALUE;
    /** A job without a checkpoint for so many intervals, and for so long, has a reason to raise the alarm. */
    private static final int OVERDUE_INTERVALS = 3;

    private static final long OVERDUE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /**
     * How long a terminal checkpoint waits for its turn once one was given up: twice as long after each that is given
     * up in a row, and never longer than the interval.
     */
    private static final long TERMINAL_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int MOST_DOUBLINGS = 6;

    /** What an acknowledgement was worth. */
    public enum Verdict {
        /** Of another incarnation or checkpoint, or counted before: of no effect. */
        STALE,
        /** Others are still awaited. */
        COUNTED,
        /** The last one: the metadata can be written. */
        COLLECTED
    }

    private final JobId job;
    private final CheckpointTimes times;
    private long lastId;
    private @Nullable Incarnation incarnation;
    private Set<ExecutorId> participants = Set.of();
    private long earliestNanos;
    /** Somebody wants the next checkpoint without any wait; kept until it is triggered. */
    private boolean wanted;
    /** Terminal checkpoints of this incarnation that were given up: the next one waits, too. */
    private int terminalsGivenUp;

    private @Nullable PendingCheckpoint pending;
    /** When the last one was completed, or the first one was due. */
    private long lastGoodNanos;

    private long completedCount;
    private long failedCount;
    /** Given up since the last one was completed, or since the incarnation was opened. */
    private int failedInARow;

    private long lastDurationNanos;

    /**
     * @param lastId the newest checkpoint that is known to have been completed; 0 if none
     * @param completedCount how many have been completed before
     */
    public CheckpointCoordinator(JobId job, CheckpointTimes times, long lastId, long completedCount) {
        this.completedCount = completedCount;
        this.job = job;
        this.times = times;
        this.lastId = lastId;
    }

    /** Every subtask of the incarnation runs. */
    public void open(Incarnation started, Set<ExecutorId> executors, long nowNanos) {
        if (pending != null) {
            throw new IllegalStateException(
                    "Incarnation " + started + " of " + job + " starts while " + pending.key() + " is pending.");
        }
        incarnation = started;
        participants = Set.copyOf(executors);
        earliestNanos = nowNanos + times.intervalNanos();
        lastGoodNanos = nowNanos;
        failedInARow = 0;
        terminalsGivenUp = 0;
    }

    /** Numbers go on above one that an earlier master has given out: what is still said of those is stale. */
    public void skipTo(long highestSeen) {
        lastId = Math.max(lastId, highestSeen);
    }

    /** The next checkpoint is due at once. */
    public void hasten(long nowNanos) {
        earliestNanos = nowNanos;
    }

    /** The next checkpoint is due as soon as nothing is pending, whatever pauses there should be. */
    public void want() {
        wanted = true;
    }

    /** No more triggers. Answers the checkpoint that was given up for it. */
    public Optional<PendingCheckpoint> close() {
        incarnation = null;
        participants = Set.of();
        return isJournaling() ? Optional.empty() : drop();
    }

    public boolean isOpen() {
        return incarnation != null;
    }

    public Optional<PendingCheckpoint> pending() {
        return Optional.ofNullable(pending);
    }

    /** A record is on its way into the journal, and no incarnation may start before its outcome is known. */
    public boolean isJournaling() {
        return pending != null && pending.stage() == PendingCheckpoint.Stage.JOURNALING;
    }

    /**
     * The next checkpoint, if one is due. A terminal one is due as soon as none is pending, unless one was given up:
     * what that was given up for may last.
     */
    public Optional<PendingCheckpoint> tryTrigger(boolean terminal, long nowNanos, long nowMillis) {
        boolean isDueAtOnce = terminal ? terminalsGivenUp == 0 : wanted;
        if (!isDueAtOnce && nowNanos < earliestNanos) {
            return Optional.empty();
        }
        Optional<PendingCheckpoint> begun = tryBegin(terminal, null, nowNanos, nowMillis);
        if (begun.isPresent()) {
            wanted = false;
            earliestNanos = nowNanos + times.intervalNanos();
        }
        return begun;
    }

    /** A savepoint is due as soon as nothing is pending. */
    public Optional<PendingCheckpoint> tryTrigger(Savepoint wanted, long nowNanos, long nowMillis) {
        return tryBegin(false, wanted, nowNanos, nowMillis);
    }

    private Optional<PendingCheckpoint> tryBegin(
            boolean terminal, @Nullable Savepoint savepoint, long nowNanos, long nowMillis) {
        if (incarnation == null || pending != null) {
            return Optional.empty();
        }
        lastId++;
        CheckpointKey key = new CheckpointKey(job, incarnation, new CheckpointId(lastId));
        pending = new PendingCheckpoint(key, terminal, savepoint, nowNanos, nowMillis, participants);
        return Optional.of(pending);
    }

    /** Gives up a checkpoint that is not stored in time. */
    public Optional<PendingCheckpoint> tryExpire(long nowNanos) {
        return nowNanos >= expiryNanos() ? giveUp(nowNanos) : Optional.empty();
    }

    public Verdict acknowledge(
            ExecutorId executor, long ofIncarnation, long ofCheckpoint, List<SubtaskSnapshot> parts, long nowNanos) {
        if (!isPending(ofIncarnation, ofCheckpoint) || !pendingOrThrow().tryCount(executor, parts, nowNanos)) {
            return Verdict.STALE;
        }
        return pendingOrThrow().stage() == PendingCheckpoint.Stage.COLLECTING ? Verdict.COUNTED : Verdict.COLLECTED;
    }

    /** An executor could not store its part: the checkpoint is given up, unless it is another one. */
    public Optional<PendingCheckpoint> decline(
            ExecutorId executor, long ofIncarnation, long ofCheckpoint, long nowNanos) {
        boolean awaited = isPending(ofIncarnation, ofCheckpoint) && participants.contains(executor);
        return awaited && !isJournaling() ? giveUp(nowNanos) : Optional.empty();
    }

    /** The pending savepoint, if its metadata is written and the job goes on after it: nothing more is to be done. */
    public Optional<PendingCheckpoint> tryFinishSavepoint(CheckpointKey key) {
        Optional<PendingCheckpoint> stored = Optional.ofNullable(pending)
                .filter(each -> each.key().equals(key)
                        && each.stage() == PendingCheckpoint.Stage.WRITING_METADATA
                        && each.savepoint().isPresent()
                        && !each.isLast());
        if (stored.isPresent()) {
            pending = null;
        }
        return stored;
    }

    /** The pending checkpoint, if that is the one whose metadata is written: its record is due now. */
    public Optional<PendingCheckpoint> tryJournal(CheckpointKey key, long nowNanos) {
        if (pending == null
                || !pending.key().equals(key)
                || pending.stage() != PendingCheckpoint.Stage.WRITING_METADATA) {
            return Optional.empty();
        }
        pending.startJournaling(nowNanos);
        return Optional.of(pending);
    }

    public Optional<PendingCheckpoint> metadataFailed(CheckpointKey key, long nowNanos) {
        boolean ours = pending != null && pending.key().equals(key) && !isJournaling();
        return ours ? giveUp(nowNanos) : Optional.empty();
    }

    /** The record is durable: the checkpoint is complete. */
    public PendingCheckpoint complete(CheckpointKey key, long nowNanos) {
        PendingCheckpoint done = pendingOrThrow();
        if (!done.key().equals(key) || !isJournaling()) {
            throw new IllegalStateException(key + " is durable, but " + done.key() + " is " + done.stage() + ".");
        }
        pending = null;
        completedCount++;
        failedInARow = 0;
        lastGoodNanos = nowNanos;
        lastDurationNanos = nowNanos - done.startedNanos();
        pause(nowNanos);
        return done;
    }

    public long nextDeadlineNanos() {
        if (pending != null) {
            return expiryNanos();
        }
        if (incarnation == null) {
            return NEVER;
        }
        return wanted && terminalsGivenUp == 0 ? 0 : earliestNanos;
    }

    /** For how long none has been completed although several should have been; 0: nothing is wrong. */
    public long overdueNanos(long nowNanos) {
        long sinceNanos = nowNanos - lastGoodNanos;
        boolean isOverdue =
                incarnation != null && sinceNanos > Math.max(OVERDUE_NANOS, OVERDUE_INTERVALS * times.intervalNanos());
        return isOverdue ? sinceNanos : 0;
    }

    /** The newest checkpoint that was started, complete or not; 0 if none. */
    public long lastId() {
        return lastId;
    }

    public long completedCount() {
        return completedCount;
    }

    public long failedCount() {
        return failedCount;
    }

    /** How many have been given up since the last one was completed; those that ended with a failure do not count. */
    public int failedInARow() {
        return failedInARow;
    }

    public long lastDurationNanos() {
        return lastDurationNanos;
    }

    private long expiryNanos() {
        return pending == null || isJournaling() ? NEVER : pending.startedNanos() + times.timeoutNanos();
    }

    private boolean isPending(long ofIncarnation, long ofCheckpoint) {
        return pending != null
                && pending.key().incarnation().value() == ofIncarnation
                && pending.key().checkpoint().value() == ofCheckpoint;
    }

    private Optional<PendingCheckpoint> giveUp(long nowNanos) {
        pause(nowNanos);
        Optional<PendingCheckpoint> dropped = drop();
        failedInARow += dropped.filter(each -> each.savepoint().isEmpty()).isPresent() ? 1 : 0;
        if (dropped.filter(PendingCheckpoint::terminal).isPresent()) {
            terminalsGivenUp++;
            earliestNanos = nowNanos + terminalRetryNanos();
        }
        return dropped;
    }

    private long terminalRetryNanos() {
        int doublings = Math.min(terminalsGivenUp - 1, MOST_DOUBLINGS);
        return Math.min(TERMINAL_RETRY_NANOS << doublings, times.intervalNanos());
    }

    private Optional<PendingCheckpoint> drop() {
        Optional<PendingCheckpoint> dropped = Optional.ofNullable(pending);
        pending = null;
        if (dropped.isPresent() && dropped.get().savepoint().isEmpty()) {
            failedCount++;
        }
        return dropped;
    }

    private void pause(long nowNanos) {
        earliestNanos = Math.max(earliestNanos, nowNanos + times.minPauseNanos());
    }

    private PendingCheckpoint pendingOrThrow() {
        if (pending == null) {
            throw new IllegalStateException("No checkpoint of " + job + " is pending.");
        }
        return pending;
    }
}
