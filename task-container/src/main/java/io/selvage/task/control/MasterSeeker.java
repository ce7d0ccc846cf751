package io.selvage.task.control;

import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.task.executor.Inbox;
import java.io.IOException;
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

    private static final Logger LOG = LoggerFactory.getLogger(MasterSeeker.class);

    private final MasterFinder finder;
    private final MasterDoor door;
    private final Inbox inbox;
    private @Nullable MasterAddress master; // Worth a try; null: none is known.

    public MasterSeeker(JournalTail tail, MasterDoor door, Inbox inbox) {
        this.finder = new MasterFinder(tail);
        this.door = door;
        this.inbox = inbox;
        this.master = door.early().orElse(null);
    }

    /** Ends when interrupted. */
    @Override
    public void run() {
        try {
            boolean isFirst = true; // The master that has launched this executor needs no looking for.
            while (true) {
                MasterAddress found = master;
                if (!isFirst || found == null) {
                    look();
                    found = master;
                }
                isFirst = false;
                if (found != null && live(found)) {
                    master = found.equals(master) ? null : master;
                } else {
                    TimeUnit.NANOSECONDS.sleep(NANOS_BETWEEN_LOOKS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            Optional<MasterAddress> newer = finder.findNewer();
            if (newer.isPresent()) {
                master = newer.get();
                LOG.info("Found {}", master);
            }
        } catch (IOException unreadable) {
            LOG.warn("The journal can't be read: {}", unreadable.toString());
        }
    }

    /** Until the link ends, or there is a newer master. Whether the master had registered the executor. */
    private boolean live(MasterAddress address) throws InterruptedException {
        GrpcLink link = GrpcLink.open(door.open(address), inbox);
        while (!link.hasEndedWithin(NANOS_BETWEEN_LOOKS_WHILE_LINKED)) {
            look();
            if (!address.equals(master)) {
                link.close("there is a newer master: " + master);
            }
        }
        return link.dispose();
    }
}
