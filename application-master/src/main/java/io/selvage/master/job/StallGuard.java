package io.selvage.master.job;

import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the {@link JobMaster}: after this process has been held up for longer than any pause of its own, a newer
 * master may have taken over. What happened meanwhile is held back until the journal says that none has; signs of life
 * and questions are answered all the same.
 */
final class StallGuard {
    /** Far above the second after which the loop looks at the clock at the latest. */
    static final long STALL_NANOS = 3_000_000_000L;
    /** Events that may be held back. */
    static final int CAPACITY = 16_384;

    private final Deque<MasterEvent> held = new ArrayDeque<>();
    private long lastNanos;
    private @Nullable AppendId awaited;
    private long awaitedSinceNanos;

    /** The time goes on; answers how long it stood still if that was too long, and 0 otherwise. */
    long advance(long nowNanos) {
        long gap = nowNanos - lastNanos;
        lastNanos = nowNanos;
        return gap >= STALL_NANOS && awaited == null ? gap : 0;
    }

    /** Holds everything back until that look at the journal is answered. */
    void await(AppendId confirmation) {
        awaited = confirmation;
        awaitedSinceNanos = lastNanos;
    }

    /** Answers for how long everything was held back. */
    long confirmed() {
        awaited = null;
        return lastNanos - awaitedSinceNanos;
    }

    boolean isHolding() {
        return awaited != null;
    }

    /** Takes an event that must wait; false if it is one that must not. */
    boolean tryHold(MasterEvent event) {
        if (awaited == null || isAnswer(event) || isHarmless(event)) {
            return false;
        }
        if (!(event instanceof MasterEvent.Tick)) {
            held.add(event);
        }
        return true;
    }

    boolean isFull() {
        return held.size() >= CAPACITY;
    }

    /** The next event that waited, if none has to wait any more. */
    @Nullable
    MasterEvent next() {
        return awaited == null ? held.poll() : null;
    }

    /**
     * Whoever leads: an executor whose heartbeats are not answered leaves its master, and while HDFS is away there may
     * be no answer from the journal for minutes, nor a newer master to go to. YARN's order to end waits: the journal
     * says whether this master was replaced, which is an end of its own kind, and YARN ends who does not obey. Why the
     * journal does not answer is only told.
     */
    private static boolean isHarmless(MasterEvent event) {
        return event instanceof MasterEvent.HeartbeatReceived
                || event instanceof MasterEvent.JournalWaits
                || event instanceof MasterEvent.JobsQueried
                || event instanceof MasterEvent.SessionQueried;
    }

    private boolean isAnswer(MasterEvent event) {
        return event instanceof MasterEvent.JournalFenced
                || event instanceof MasterEvent.JournalUnavailable
                || (event instanceof MasterEvent.JournalAppended appended
                        && appended.append().equals(awaited));
    }
}
