package io.selvage.checkpoint.journal;

import java.util.List;

/** How a master's claim to the journal ended. */
public sealed interface EpochOutcome permits EpochOutcome.Won, JournalOutcome.Fenced, JournalOutcome.NotWritten {

    /**
     * From this slot on only this master writes.
     *
     * @param history the records before it, oldest first, from the newest snapshot on
     */
    record Won(long slot, List<JournalRecord> history) implements EpochOutcome {
        public Won {
            history = List.copyOf(history);
        }
    }
}
