package io.selvage.checkpoint.journal;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Immutable. The log as it was read at one moment: the newest snapshot, or the first record, and all that follow.
 *
 * @param newest the bytes of the last record; null if the log is empty
 */
record Chain(List<JournalRecord> records, byte @Nullable [] newest) {
    /** How often the log is read anew because compaction deletes what is being read. */
    static final int READ_ATTEMPTS = 8;

    static final Chain EMPTY = new Chain(List.of(), null);

    Chain {
        records = List.copyOf(records);
    }

    /**
     * Reads from the newest slot down. The newest slot is always a record of the log: a fenced writer can only win a
     * slot that compaction has deleted, and then a newer snapshot is there. So what was read from a slot is a record if
     * that slot is still the newest one afterwards; without this second look, a reader that pauses after the first
     * could take a leftover for the log's end. Below, such a leftover could be met while compaction goes on; a chain
     * that doesn't fit together is therefore read anew before it counts as damaged.
     */
    static Chain read(Slots slots) throws IOException {
        JournalDamagedException last = null;
        for (int attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
            try {
                Optional<Chain> chain = tryRead(slots);
                if (chain.isPresent()) {
                    return chain.get();
                }
            } catch (JournalDamagedException e) {
                last = e;
            }
        }
        throw last != null
                ? last
                : new IOException("The journal beginning at " + slots.file(Journal.FIRST_SLOT)
                        + " was compacted faster than it could be read, " + READ_ATTEMPTS
                        + " times in a row; see whether two masters of this application run.");
    }

    private static Optional<Chain> tryRead(Slots slots) throws IOException {
        List<Long> taken = slots.list();
        if (taken.isEmpty()) {
            return Optional.of(EMPTY);
        }
        long top = taken.get(taken.size() - 1);
        Deque<JournalRecord> records = new ArrayDeque<>();
        byte[] newest = null;
        for (long slot = top; ; slot--) {
            byte[] bytes = slots.read(slot).orElse(null);
            if (bytes == null) {
                if (taken.contains(slot)) {
                    return Optional.empty();
                }
                throw missing(slots, slot, top);
            }
            JournalRecord record = Frame.decode(slot, slots.file(slot), bytes);
            checkOrder(slots, record, records.peekFirst());
            records.addFirst(record);
            if (newest == null) {
                newest = bytes;
                if (slots.newest() != top) {
                    return Optional.empty();
                }
            }
            if (record.kind() == JournalRecord.Kind.SNAPSHOT || slot == Journal.FIRST_SLOT) {
                return Optional.of(new Chain(List.copyOf(records), newest));
            }
        }
    }

    private static void checkOrder(Slots slots, JournalRecord record, @Nullable JournalRecord next)
            throws JournalDamagedException {
        if (next == null) {
            return;
        }
        boolean claims = next.kind() == JournalRecord.Kind.EPOCH;
        boolean ordered = claims ? next.epoch() > record.epoch() : next.epoch() == record.epoch();
        if (!ordered) {
            throw new JournalDamagedException("The journal records " + slots.file(record.slot()) + " of epoch "
                    + record.epoch() + " and " + slots.file(next.slot()) + " (" + next.kind() + ") of epoch "
                    + next.epoch() + " can't follow each other: two masters have written at once. Start a new session"
                    + " and resume its jobs from their last checkpoints, and report this with both files.");
        }
    }

    private static JournalDamagedException missing(Slots slots, long slot, long top) {
        return new JournalDamagedException("The journal lacks " + slots.file(slot) + ", although " + slots.file(top)
                + " is there and no snapshot lies between them. Restore the file from an HDFS snapshot or backup, or"
                + " start a new session and resume its jobs from their last checkpoints.");
    }

    long topSlot() {
        return records.isEmpty()
                ? Journal.FIRST_SLOT - 1
                : records.get(records.size() - 1).slot();
    }

    long topEpoch() {
        return records.isEmpty() ? 0 : records.get(records.size() - 1).epoch();
    }

    /** The payload of the EPOCH record of the newest record's master. */
    byte @Nullable [] topLeader() {
        for (int i = records.size() - 1; i >= 0; i--) {
            JournalRecord record = records.get(i);
            if (record.epoch() != topEpoch()) {
                return null;
            }
            switch (record.kind()) {
                case EPOCH:
                    return record.payload();
                case SNAPSHOT:
                    return record.leader();
                case ENTRY:
                    break;
            }
        }
        return null;
    }
}
