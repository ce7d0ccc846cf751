package io.selvage.task.control;

import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.protocol.id.Epoch;
import io.selvage.task.executor.Inbox;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the executor linked to the newest master; owned by its own thread, which waits for the file system and for
 * links to end. A master whose link was lost is not gone back to: it has given the executor up.
 */
public final class MasterSeeker implements Runnable {
    static final long NANOS_BETWEEN_LOOKS = TimeUnit.MILLISECONDS.toNanos(250);
    /** While linked: a master that hangs, or is cut off, keeps its links. Below the grace that a new master gives. */
    static final long NANOS_BETWEEN_LOOKS_WHILE_LINKED = TimeUnit.SECONDS.toNanos(2);

    /** An answer of HDFS that takes longer says that a master could not write either. */
    static final long LONGEST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(MasterSeeker.class);

    private final MasterFinder finder;
    private final MasterDoor door;
    private final Inbox inbox;
    private final Watchdog watchdog;
    private final TokenIntake tokens;
    private final Silence silence;
    private final Sight journal = new Sight("The journal");
    private final Sight signs = new Sight("The master's sign of life");
    private Epoch newest = new Epoch(1); // Of the masters that are known.
    private @Nullable MasterAddress master; // Worth a try; null: none is known.

    /** @param silenceTimeout after so long without a word from the master the watchdog is called */
    public MasterSeeker(
            JournalTail tail,
            MasterDoor door,
            Inbox inbox,
            Watchdog watchdog,
            TokenIntake tokens,
            Duration silenceTimeout) {
        this.finder = new MasterFinder(tail);
        this.door = door;
        this.inbox = inbox;
        this.watchdog = watchdog;
        this.tokens = tokens;
        this.silence = new Silence(silenceTimeout.toNanos(), System.nanoTime());
        door.early().ifPresent(this::onMaster);
    }

    private void onMaster(MasterAddress found) {
        master = found;
        newest = found.epoch();
    }

    /** Ends when interrupted. */
    @Override
    public void run() {
        try {
            boolean isFirst = true; // The master that has launched this executor needs no looking for.
            while (true) {
                if (!isFirst || master == null) {
                    look();
                }
                isFirst = false;
                MasterAddress found = master;
                if (found != null && live(found)) {
                    master = found.equals(master) ? null : master;
                } else {
                    TimeUnit.NANOSECONDS.sleep(NANOS_BETWEEN_LOOKS);
                }
                watch(null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the journal could be read; where it could not be, it is let alone for a while. */
    private boolean look() {
        if (!journal.isDue(System.nanoTime())) {
            return false;
        }
        try {
            Optional<MasterAddress> newer = finder.findNewer();
            if (newer.isPresent()) {
                onMaster(newer.get());
                silence.onHeard(System.nanoTime());
                LOG.info("Found {}", master);
            }
            journal.onRead(System.nanoTime()).ifPresent(LOG::info);
            return true;
        } catch (IOException unreadable) {
            journal.onHidden(unreadable, System.nanoTime()).ifPresent(LOG::warn);
            return false;
        }
    }

    /**
     * HDFS is asked before the watchdog is: nothing is done about a master while it does not answer. That takes time,
     * in which the master may have been heard.
     */
    private void watch(@Nullable GrpcLink link) {
        long beganNanos = System.nanoTime();
        if (!silence.isLong(beganNanos)) {
            return;
        }
        Silence.Traces traces = traces();
        long nowNanos = System.nanoTime();
        if (traces == null || nowNanos - beganNanos > LONGEST_LOOK_NANOS) {
            silence.onTracesHidden();
            return;
        }
        hear(link);
        if (silence.judge(nowNanos, traces) == Silence.Verdict.REPLACE) {
            watchdog.onSilent(newest, silence.silentNanos(nowNanos), nowNanos);
        }
    }

    private Silence.@Nullable Traces traces() {
        if (!look() || !signs.isDue(System.nanoTime())) {
            return null;
        }
        try {
            Silence.Traces seen = new Silence.Traces(finder.topSlot(), watchdog.signOfLife(newest));
            signs.onRead(System.nanoTime()).ifPresent(LOG::info);
            return seen;
        } catch (IOException unreadable) {
            signs.onHidden(unreadable, System.nanoTime()).ifPresent(LOG::warn);
            return null;
        }
    }

    private void hear(@Nullable GrpcLink link) {
        if (link != null) {
            link.lastHeardNanos().ifPresent(silence::onHeard);
        }
    }

    /** Until the link ends, or there is a newer master. Whether the master had registered the executor. */
    private boolean live(MasterAddress address) throws InterruptedException {
        GrpcLink link = GrpcLink.open(door.open(address), inbox, tokens);
        long nextLookNanos = System.nanoTime() + NANOS_BETWEEN_LOOKS_WHILE_LINKED;
        while (!link.hasEndedWithin(NANOS_BETWEEN_LOOKS)) {
            hear(link);
            watch(link);
            if (System.nanoTime() - nextLookNanos >= 0) {
                nextLookNanos = System.nanoTime() + NANOS_BETWEEN_LOOKS_WHILE_LINKED;
                look();
            }
            if (!address.equals(master)) {
                link.close("there is a newer master: " + master);
            }
        }
        hear(link);
        if (link.saysThatItIsGone()) {
            silence.onGone();
        } else {
            silence.onUnreachable();
        }
        return link.dispose();
    }
}
