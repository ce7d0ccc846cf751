package io.selvage.checkpoint.history;

import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.checkpoint.journal.JournalDamagedException;
import io.selvage.checkpoint.journal.JournalRecord;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JournalSnapshot;
import java.util.List;

/** Turns the slots of a journal into what they say. */
public final class JournalReplay {
    private JournalReplay() {}

    /** @throws JournalDamagedException if a slot's payload is not what a master writes */
    public static JournaledState replay(List<JournalRecord> slots) throws JournalDamagedException {
        JournaledState state = new JournaledState();
        for (JournalRecord slot : slots) {
            try {
                state.apply(parse(slot));
            } catch (InvalidProtocolBufferException malformed) {
                throw new JournalDamagedException(
                        "Slot " + slot.slot() + " of the journal, written by epoch "
                                + slot.epoch() + ", can't be parsed: " + malformed.getMessage()
                                + ". Was it written by a newer version of Selvage?",
                        malformed);
            }
        }
        return state;
    }

    private static io.selvage.protocol.wire.JournalRecord parse(JournalRecord slot)
            throws InvalidProtocolBufferException {
        var wire = io.selvage.protocol.wire.JournalRecord.newBuilder();
        return switch (slot.kind()) {
            case EPOCH ->
                wire.setEpochStarted(EpochStarted.parseFrom(slot.payload())).build();
            case ENTRY -> io.selvage.protocol.wire.JournalRecord.parseFrom(slot.payload());
            case SNAPSHOT ->
                wire.setSnapshot(JournalSnapshot.parseFrom(slot.payload())).build();
        };
    }
}
