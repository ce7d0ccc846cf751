package io.selvage.master.journal;

import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.wire.JournalRecord;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread {@code master-journal}, as is the journal in it; the loop alone hands it records. Writes them in
 * that order, and tries again what was not written until {@link #GIVE_UP_NANOS} are over.
 */
public final class JournalWriter {
    /** Records that may wait. */
    static final int CAPACITY = 4096;
    /** An outage of HDFS is waited out: another attempt could not even read the journal. */
    static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** So few that a record that comes meanwhile hardly waits. */
    static final int RECORDS_DELETED_AT_ONCE = 4;

    static final long FIRST_RETRY_MILLIS = 100;
    static final long LONGEST_RETRY_MILLIS = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);

    private final Journal journal;
    private final Inbox inbox;
    private final Inbox.Overload overload;
    private final BlockingQueue<Order> orders = new ArrayBlockingQueue<>(CAPACITY);

    /** What is to be done with the journal, until it is done. */
    private record Order(AppendId id, Supplier<JournalOutcome> attempt) {}

    public JournalWriter(Journal journal, Inbox inbox, Inbox.Overload overload) {
        this.journal = journal;
        this.inbox = inbox;
        this.overload = overload;
    }

    /** Never blocks. */
    public void append(MasterAction.AppendToJournal append) {
        order(append.append(), () -> write(append.record()));
    }

    /** Looks whether this master is still the one that may write. Never blocks. */
    public void confirm(MasterAction.ConfirmLeadership confirm) {
        order(confirm.append(), journal::confirmOwner);
    }

    private void order(AppendId id, Supplier<JournalOutcome> attempt) {
        if (!orders.offer(new Order(id, attempt))) {
            overload.onFull("The queue of " + CAPACITY + " records to the journal is full.");
        }
    }

    /** Writes until the journal is lost or the thread is interrupted. */
    public void run() throws InterruptedException {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = carryOut(next());
        }
    }

    /** What is to be done next; while nothing is, old records are deleted. */
    private Order next() throws InterruptedException {
        Order next = orders.poll();
        while (next == null && journal.compact(RECORDS_DELETED_AT_ONCE)) {
            next = orders.poll();
        }
        return next == null ? orders.take() : next;
    }

    private boolean carryOut(Order order) throws InterruptedException {
        long started = System.nanoTime();
        for (long pause = FIRST_RETRY_MILLIS; ; pause = Math.min(2 * pause, LONGEST_RETRY_MILLIS)) {
            JournalOutcome outcome = order.attempt().get();
            if (outcome instanceof JournalOutcome.Appended) {
                inbox.post(new MasterEvent.JournalAppended(order.id()));
                return true;
            }
            if (outcome instanceof JournalOutcome.Fenced fenced) {
                inbox.post(new MasterEvent.JournalFenced(fenced.reason()));
                return false;
            }
            String reason = ((JournalOutcome.NotWritten) outcome).reason();
            if (System.nanoTime() - started >= GIVE_UP_NANOS) {
                inbox.post(new MasterEvent.JournalUnavailable(reason));
                return false;
            }
            LOG.warn("{} It is tried again in {} ms.", reason, pause);
            Thread.sleep(pause);
        }
    }

    private JournalOutcome write(JournalRecord journalRecord) {
        return journalRecord.hasSnapshot()
                ? journal.snapshot(journalRecord.getSnapshot().toByteArray())
                : journal.append(journalRecord.toByteArray());
    }
}
