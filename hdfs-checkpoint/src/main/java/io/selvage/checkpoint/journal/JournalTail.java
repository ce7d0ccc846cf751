package io.selvage.checkpoint.journal;

import io.selvage.checkpoint.store.DurableStore;
import java.io.IOException;
import java.util.Optional;

/**
 * Owned by one thread of a task executor; each call blocks on the file system. Looks for a master newer than the one
 * that is known. The caller decides when to look.
 */
public final class JournalTail {
    private final Slots slots;
    private long knownEpoch;
    private long seenSlot;

    /**
     * A master, as its EPOCH record shows it.
     *
     * @param payload of its EPOCH record
     */
    public record Leader(long epoch, byte[] payload) {}

    /** @param knownEpoch only higher ones are answered; 0 for any */
    public JournalTail(DurableStore store, String directory, long knownEpoch) {
        this.slots = new Slots(store, directory);
        this.knownEpoch = knownEpoch;
    }

    /**
     * The master of the newest record if its epoch is higher than any known or answered before. Nothing, too, if
     * compaction overtook the reading: the next call will see it.
     *
     * @throws JournalDamagedException if a record can't be read
     */
    public Optional<Leader> poll() throws IOException {
        long top = slots.newest();
        if (top == seenSlot) {
            return Optional.empty();
        }
        Optional<JournalRecord> newest = read(top);
        // As in a chain: only what is still the newest slot afterwards was a record of the log.
        if (newest.isEmpty() || slots.newest() != top) {
            return Optional.empty();
        }
        if (newest.get().epoch() > knownEpoch) {
            Optional<Leader> leader = leaderOf(newest.get());
            if (leader.isEmpty()) {
                return leader;
            }
            knownEpoch = newest.get().epoch();
            seenSlot = top;
            return leader;
        }
        seenSlot = top;
        return Optional.empty();
    }

    /** The newest slot that a call has seen; 0 if none. */
    public long topSlot() {
        return seenSlot;
    }

    /** Walks down to where that master says where it is. */
    private Optional<Leader> leaderOf(JournalRecord newest) throws IOException {
        Optional<JournalRecord> current = Optional.of(newest);
        while (current.isPresent() && current.get().epoch() == newest.epoch()) {
            JournalRecord record = current.get();
            switch (record.kind()) {
                case EPOCH:
                    return Optional.of(new Leader(record.epoch(), record.payload()));
                case SNAPSHOT:
                    return Optional.of(new Leader(record.epoch(), record.leader()));
                case ENTRY:
                    break;
            }
            current = read(record.slot() - 1);
        }
        return Optional.empty();
    }

    private Optional<JournalRecord> read(long slot) throws IOException {
        if (slot < Journal.FIRST_SLOT) {
            return Optional.empty();
        }
        Optional<byte[]> bytes = slots.read(slot);
        return bytes.isEmpty() ? Optional.empty() : Optional.of(Frame.decode(slot, slots.file(slot), bytes.get()));
    }
}
