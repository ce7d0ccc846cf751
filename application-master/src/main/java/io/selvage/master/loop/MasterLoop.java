package io.selvage.master.loop;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.job.JobMaster;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread {@code master-loop}, as is the job master in it: takes events from the inbox and has the actions
 * carried out, in order.
 */
public final class MasterLoop {
    /** Events of one turn. */
    static final int MAX_EVENTS_PER_TURN = 256;
    /** The longest sleep: the clock is looked at this often at least. */
    static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** The shortest: what is overdue and can't be done yet must not keep a core busy. */
    static final long MIN_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final JobMaster jobMaster;
    private final Inbox inbox;
    private final MasterAction.Performer performer;
    private final LongSupplier clock;
    private volatile long turnedNanos; // Volatile: who asks must get an answer while the loop hangs.

    /**
     * @param performer carries out actions without blocking
     * @param clock nanoseconds since the master's start
     */
    public MasterLoop(JobMaster jobMaster, Inbox inbox, MasterAction.Performer performer, LongSupplier clock) {
        this.jobMaster = jobMaster;
        this.inbox = inbox;
        this.performer = performer;
        this.clock = clock;
    }

    /** Runs until the thread is interrupted. */
    public void run() throws InterruptedException {
        perform(jobMaster.start(clock.getAsLong()));
        while (!Thread.interrupted()) {
            runOnce(waitNanos());
        }
        throw new InterruptedException("The master's loop was interrupted.");
    }

    /** One turn: waits for an event, takes what else is there, then acts on the time. Answers how many events. */
    int runOnce(long waitNanos) throws InterruptedException {
        int count = 0;
        @Nullable MasterEvent event = inbox.poll(waitNanos);
        while (event != null) {
            perform(jobMaster.on(event, clock.getAsLong()));
            count++;
            event = count < MAX_EVENTS_PER_TURN ? inbox.poll() : null;
        }
        if (count == 0 || jobMaster.nextDeadlineNanos() <= clock.getAsLong()) {
            perform(jobMaster.on(new MasterEvent.Tick(), clock.getAsLong()));
        }
        turnedNanos = clock.getAsLong();
        return count;
    }

    /** Any thread: how long ago the last turn has ended. */
    public long sinceTurnNanos() {
        return clock.getAsLong() - turnedNanos;
    }

    private long waitNanos() {
        long untilDue = jobMaster.nextDeadlineNanos() - clock.getAsLong();
        return Math.max(MIN_WAIT_NANOS, Math.min(MAX_WAIT_NANOS, untilDue));
    }

    private void perform(List<MasterAction> actions) {
        for (MasterAction action : actions) {
            action.carryOut(performer);
        }
    }
}
