package io.selvage.checkpoint.journal;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.protocol.failure.FailureWords;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by one thread of the master, an adapter's and never {@code master-loop}: every call blocks on the file system.
 * A log of numbered slots, each written once, in which the highest epoch alone can write.
 *
 * <p><b>Why a master of an older epoch can't write.</b> All masters write at the slot after the last one they know. The
 * newer one's EPOCH record takes that slot, so the older one loses it and is fenced.
 *
 * <p><b>Why a deleted slot can't be won.</b> Compaction frees slots below the snapshot, and an old master asleep since
 * then would find its next slot {@code k} free. So whoever wins {@code k} then looks whether {@code k - 1} still holds
 * the very bytes it knows. Every compaction deletes in ascending order and stops at the first error; so if {@code k}
 * had ever been deleted, {@code k - 1} had been deleted before. Its bytes can't have come back: they hold the id of
 * their writer and the slot, a writer renames the one temporary file it made for them, and a file that was renamed is
 * no more under its old name. (That {@code k - 1} exists would not be enough: a third, still older master may have left
 * its own record there in the same way.) What a fenced master leaves in a deleted slot is below a snapshot, is read by
 * nobody, and goes with the next compaction.
 */
public final class Journal {
    static final long FIRST_SLOT = 1;
    /** How often an epoch is claimed again because an older master took the slot; each time costs that one a record. */
    static final int CLAIM_ATTEMPTS = 1000;
    /** How often the slot before a won one is looked at when looking fails. */
    static final int LOOK_ATTEMPTS = 3;

    private static final byte[] NOTHING = {};
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    private final DurableStore store;
    private final String directory;
    private final Slots slots;
    private final UUID writer = UUID.randomUUID();

    private Chain chain;
    private long epoch;
    private byte[] leader = NOTHING;
    private long topSlot;
    private byte @Nullable [] topBytes;
    /** The newest snapshot while records before it are left; 0 if none are. */
    private long compactBelow;

    private JournalOutcome.@Nullable Fenced fenced;

    private Journal(DurableStore store, String directory, Slots slots, Chain chain) {
        this.store = store;
        this.directory = directory;
        this.slots = slots;
        this.chain = chain;
        adopt(chain);
    }

    /**
     * Reads the log in a directory, which need not exist.
     *
     * @throws JournalDamagedException if a slot is missing or its bytes are not what was written
     */
    public static Journal open(DurableStore store, String directory) throws IOException {
        Slots slots = new Slots(store, directory);
        return new Journal(store, directory, slots, Chain.read(slots));
    }

    /** What was read: the newest snapshot, if any, and the records after it, oldest first. Before the epoch is won. */
    public List<JournalRecord> records() {
        return chain.records();
    }

    /**
     * Claims the log. Records that an older master writes meanwhile are part of the history that winning answers with.
     *
     * @param claimed higher than any epoch before, or the claim is fenced
     * @param payload tells others where this master is; kept through compaction
     * @throws JournalDamagedException if what was written meanwhile can't be read
     */
    public EpochOutcome winEpoch(long claimed, byte[] payload) throws IOException {
        if (epoch != 0) {
            throw new IllegalStateException("epoch " + epoch + " is won already, and " + claimed + " was claimed");
        }
        for (int attempt = 1; attempt <= CLAIM_ATTEMPTS; attempt++) {
            if (fenced != null) {
                return fenced;
            }
            if (chain.topEpoch() >= claimed) {
                return fence(claimed, chain.topEpoch(), chain.topLeader(), topSlot);
            }
            JournalRecord claim =
                    new JournalRecord(topSlot + 1, JournalRecord.Kind.EPOCH, claimed, writer, NOTHING, payload);
            byte[] bytes = Frame.encode(claim);
            PutOutcome put = store.putIfAbsent(slots.path(claim.slot()), bytes);
            switch (put.kind()) {
                case WON:
                    if (follows(claim.slot())) {
                        return won(claim, bytes);
                    }
                    break;
                case LOST:
                    break;
                case NOT_WRITTEN:
                    return notWritten(claim, put);
                case UNDECIDED:
                    return undecided(claim, put);
            }
            reread();
        }
        throw new IOException("Epoch " + claimed + " could not be won in " + CLAIM_ATTEMPTS
                + " attempts, because an older master keeps writing to " + store.qualify(directory)
                + "; see whether its process still runs, and end it.");
    }

    /** Writes one record. */
    public JournalOutcome append(byte[] payload) {
        return write(JournalRecord.Kind.ENTRY, NOTHING, payload);
    }

    /**
     * Looks whether this master still owns the log, without writing: {@link JournalOutcome.Appended} with the slot of
     * its newest record if so, at the time of the look. The slot after that record is looked at first: if a newer
     * master's record was there and is compacted already, the one before it is gone too.
     */
    public JournalOutcome confirmOwner() {
        if (fenced != null) {
            return fenced;
        }
        if (epoch == 0) {
            throw new IllegalStateException("no epoch is won in " + store.qualify(directory));
        }
        try {
            store.catchUp();
            Optional<byte[]> next = slots.read(topSlot + 1);
            if (next.isPresent()) {
                return lost(topSlot + 1, next.get());
            }
            return follows(topSlot + 1)
                    ? new JournalOutcome.Appended(topSlot)
                    : fence("Master epoch " + epoch + " was away while a newer one compacted the journal: "
                            + slots.file(topSlot) + " is not the record it knows. It ends itself.");
        } catch (IOException e) {
            return new JournalOutcome.NotWritten(
                    "The journal " + store.qualify(directory) + " could not be looked at: " + FailureWords.sentence(e)
                            + " See whether HDFS is up.",
                    e);
        }
    }

    /** Writes a record that says all that the ones before it say; {@link #compact} deletes those. */
    public JournalOutcome snapshot(byte[] payload) {
        JournalOutcome outcome = write(JournalRecord.Kind.SNAPSHOT, leader, payload);
        if (outcome instanceof JournalOutcome.Appended appended) {
            compactBelow = appended.slot();
        }
        return outcome;
    }

    /**
     * Deletes some of the records before the newest snapshot, the oldest first; answers whether there are more. What
     * can't be deleted is left to the next snapshot. A record that is waited for must not wait for all of them.
     *
     * @param most how many at a time
     */
    public boolean compact(int most) {
        if (compactBelow == 0 || fenced != null) {
            return false;
        }
        long snapshot = compactBelow;
        try {
            int deleted = 0;
            for (long slot : slots.list()) {
                if (slot >= snapshot) {
                    break;
                }
                if (deleted == most) {
                    return true;
                }
                store.delete(slots.path(slot));
                deleted++;
            }
            // A file on its way to a later slot was begun after the snapshot was seen, so none of those is swept.
            long written = store.status(slots.path(snapshot))
                    .map(file -> file.modificationTimeMillis())
                    .orElse(0L);
            store.sweepTemporaries(directory, written);
        } catch (IOException e) {
            LOG.warn(
                    "The journal {} is not compacted below slot {} yet, the next snapshot goes on: {}",
                    store.qualify(directory),
                    snapshot,
                    e.toString());
        }
        compactBelow = 0;
        return false;
    }

    private JournalOutcome write(JournalRecord.Kind kind, byte[] ofLeader, byte[] payload) {
        if (fenced != null) {
            return fenced;
        }
        if (epoch == 0) {
            throw new IllegalStateException("no epoch is won: nothing may be written to " + store.qualify(directory));
        }
        JournalRecord record = new JournalRecord(topSlot + 1, kind, epoch, writer, ofLeader, payload);
        byte[] bytes = Frame.encode(record);
        PutOutcome put = store.putIfAbsent(slots.path(record.slot()), bytes);
        return switch (put.kind()) {
            case WON -> confirm(record, bytes);
            case LOST -> lost(record.slot(), Objects.requireNonNull(put.winner()));
            case NOT_WRITTEN -> notWritten(record, put);
            case UNDECIDED -> undecided(record, put);
        };
    }

    private JournalOutcome confirm(JournalRecord record, byte[] bytes) {
        boolean follows;
        try {
            follows = follows(record.slot());
        } catch (IOException e) {
            return fence("Master epoch " + epoch + " has written " + slots.file(record.slot())
                    + ", but can't see whether the record before it is still there (" + FailureWords.firstLine(e)
                    + "); it ends itself, and the next attempt reads the journal.");
        }
        if (!follows) {
            return fence("Master epoch " + epoch + " was away while a newer one compacted the journal: "
                    + slots.file(record.slot() - 1) + " is not the record it knows. It ends itself.");
        }
        topSlot = record.slot();
        topBytes = bytes;
        return new JournalOutcome.Appended(record.slot());
    }

    /** Whether the slot before a won one holds what this journal knows: see the proof above. */
    private boolean follows(long won) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                if (won == FIRST_SLOT) {
                    // Nothing is before it. Any other slot means that the log is older than what was read.
                    return slots.list().equals(List.of(FIRST_SLOT));
                }
                return Arrays.equals(slots.read(won - 1).orElse(null), topBytes);
            } catch (IOException e) {
                if (attempt >= LOOK_ATTEMPTS && !store.patience().waitAfter(attempt - LOOK_ATTEMPTS + 1)) {
                    throw e;
                }
            }
        }
    }

    private EpochOutcome won(JournalRecord claim, byte[] bytes) {
        EpochOutcome.Won won = new EpochOutcome.Won(claim.slot(), chain.records());
        epoch = claim.epoch();
        leader = claim.payload();
        topSlot = claim.slot();
        topBytes = bytes;
        chain = Chain.EMPTY;
        return won;
    }

    private void reread() throws IOException {
        chain = Chain.read(slots);
        adopt(chain);
    }

    private void adopt(Chain read) {
        topSlot = read.topSlot();
        topBytes = read.newest();
    }

    private JournalOutcome lost(long slot, byte[] winner) {
        try {
            JournalRecord theirs = Frame.decode(slot, slots.file(slot), winner);
            byte[] theirLeader = theirs.kind() == JournalRecord.Kind.EPOCH ? theirs.payload() : null;
            return fence(epoch, theirs.epoch(), theirLeader, slot);
        } catch (JournalDamagedException e) {
            return fence(
                    "Master epoch " + epoch + " has lost a slot to a record that can't be read. " + e.getMessage());
        }
    }

    private JournalOutcome.Fenced fence(long mine, long theirs, byte @Nullable [] theirLeader, long slot) {
        JournalOutcome.Fenced by = new JournalOutcome.Fenced(
                "Master epoch " + mine + " ends itself: epoch " + theirs + " has written " + slots.file(slot) + ".",
                OptionalLong.of(theirs),
                theirLeader);
        fenced = by;
        return by;
    }

    private JournalOutcome.Fenced fence(String reason) {
        JournalOutcome.Fenced by = new JournalOutcome.Fenced(reason, OptionalLong.empty(), null);
        fenced = by;
        return by;
    }

    private JournalOutcome.NotWritten notWritten(JournalRecord record, PutOutcome put) {
        IOException cause = Objects.requireNonNull(put.cause());
        return new JournalOutcome.NotWritten(
                "The journal record " + slots.file(record.slot()) + " could not be written: "
                        + FailureWords.sentence(cause) + " See whether HDFS is in safe mode, full or over quota.",
                cause);
    }

    private JournalOutcome.Fenced undecided(JournalRecord record, PutOutcome put) {
        IOException cause = Objects.requireNonNull(put.cause());
        return fence(
                "Master epoch " + record.epoch() + " can't know whether " + slots.file(record.slot()) + " was written ("
                        + FailureWords.firstLine(cause) + "); it ends itself, and the next attempt reads the journal.");
    }
}
