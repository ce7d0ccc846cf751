package io.selvage.checkpoint.journal;

import java.util.UUID;

/**
 * What lies in one slot of the journal.
 *
 * @param epoch of the master that wrote it
 * @param writer the journal instance that wrote it
 * @param leader with {@link Kind#SNAPSHOT}, the payload of its master's EPOCH record, which may be deleted by now;
 *     empty otherwise
 */
public record JournalRecord(long slot, Kind kind, long epoch, UUID writer, byte[] leader, byte[] payload) {

    /** What a record does to the log; the numbers are the format's. */
    public enum Kind {
        /** From here on only this master writes. */
        EPOCH(1),
        /** An entry of the master whose epoch it is. */
        ENTRY(2),
        /** Says all that the records before it say, so that they may be missing. */
        SNAPSHOT(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    public JournalRecord {
        if (slot < Journal.FIRST_SLOT) {
            throw new IllegalArgumentException("slot " + slot + " is below " + Journal.FIRST_SLOT);
        }
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch " + epoch + " is below 1");
        }
    }
}
