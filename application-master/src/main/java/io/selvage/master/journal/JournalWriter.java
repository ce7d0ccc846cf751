package io.selvage.master.journal;

import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.wire.JournalRecord;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread {@code master-journal}, as is the journal in it; the loop alone hands it records. Writes them in
 * that order, and tries again what was not written until {@link Outage#GIVE_UP_NANOS} are over.
 */
public final class JournalWriter {
    /** Records that may wait. */
    static final int CAPACITY = 4096;
    /** So few that a record that comes meanwhile hardly waits. */
    static final int RECORDS_DELETED_AT_ONCE = 4;
    /** There is nothing to do before something is ordered. */
    static final long UNTIL_ORDERED = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);

    private final Journal journal;
    private final Consumer<MasterEvent> inbox;
    private final Inbox.Overload overload;
    private final LongSupplier clock;
    private final BlockingQueue<Order> orders = new ArrayBlockingQueue<>(CAPACITY);
    private final Outage outage = new Outage();
    private @Nullable Order current; // Tried until it is carried out.
    private long startedNanos; // The first attempt at it.
    private boolean isLost; // The journal is another master's, or given up.

    /** What is to be done with the journal, until it is done. */
    private record Order(AppendId id, Supplier<JournalOutcome> attempt) {}

    /**
     * @param inbox the loop's
     * @param clock nanoseconds since the master's start
     */
    public JournalWriter(Journal journal, Consumer<MasterEvent> inbox, Inbox.Overload overload, LongSupplier clock) {
        this.journal = journal;
        this.inbox = inbox;
        this.overload = overload;
        this.clock = clock;
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
        while (!isLost) {
            long pauseMillis = runOnce();
            if (pauseMillis == UNTIL_ORDERED) {
                begin(orders.take());
            } else {
                Thread.sleep(pauseMillis);
            }
        }
    }

    /**
     * Makes one attempt, or deletes a few old records while nothing is to be written. Answers how many milliseconds to
     * wait before there is more to do, or {@link #UNTIL_ORDERED}.
     */
    long runOnce() {
        if (current == null) {
            begin(orders.poll());
        }
        if (current == null) {
            return journal.compact(RECORDS_DELETED_AT_ONCE) ? 0 : UNTIL_ORDERED;
        }
        return attempt(current);
    }

    private void begin(@Nullable Order order) {
        current = order;
        startedNanos = clock.getAsLong();
    }

    private long attempt(Order order) {
        JournalOutcome outcome = order.attempt().get();
        long nowNanos = clock.getAsLong();
        if (outcome instanceof JournalOutcome.Appended) {
            outage.onWritten(nowNanos).ifPresent(LOG::info);
            current = null;
            inbox.accept(new MasterEvent.JournalAppended(order.id()));
            return 0;
        }
        if (outcome instanceof JournalOutcome.Fenced fenced) {
            isLost = true;
            inbox.accept(new MasterEvent.JournalFenced(fenced.reason()));
            return 0;
        }
        String reason = ((JournalOutcome.NotWritten) outcome).reason();
        Optional<String> told = outage.onFailure(reason, startedNanos, nowNanos);
        if (outage.isTooLong(nowNanos)) {
            isLost = true;
            inbox.accept(new MasterEvent.JournalUnavailable(reason));
            return 0;
        }
        told.ifPresent(LOG::warn);
        inbox.accept(new MasterEvent.JournalWaits(order.id(), reason));
        return outage.pauseMillis();
    }

    private JournalOutcome write(JournalRecord journalRecord) {
        return journalRecord.hasSnapshot()
                ? journal.snapshot(journalRecord.getSnapshot().toByteArray())
                : journal.append(journalRecord.toByteArray());
    }
}
