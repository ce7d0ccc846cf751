package io.selvage.checkpoint.journal;

import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How a write to the journal ended. */
public sealed interface JournalOutcome {

    /** The record is durable in its slot, and this master was the owner when it got there. */
    record Appended(long slot) implements JournalOutcome {}

    /**
     * This journal writes no more: another master owns it, or it can't be known whether the last record was written.
     * The process has to end itself without telling anyone what the record said. The record may nevertheless be in the
     * journal; the next master acts on what it finds there.
     *
     * @param reason a sentence
     * @param byEpoch the epoch of the record that was met, if one was
     * @param byLeader the payload of the other master's EPOCH record, if that is what was met
     */
    record Fenced(String reason, OptionalLong byEpoch, byte @Nullable [] byLeader)
            implements JournalOutcome, EpochOutcome {}

    /** An error; the record is not in the journal and won't be. It may be tried again. */
    record NotWritten(String reason, IOException cause) implements JournalOutcome, EpochOutcome {}
}
