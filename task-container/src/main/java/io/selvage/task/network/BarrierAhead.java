package io.selvage.task.network;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementEncoder;

/**
 * The payload of an ANNOUNCE frame. It takes along what it has overtaken at the sender, so that a receiver that does
 * not wait has all that lies before the barrier; the same bytes come again in their turn, to be processed.
 *
 * @param overtaken where in the payload the bytes of elements start that are not sent yet
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record BarrierAhead(Barrier barrier, byte[] payload, int overtaken) {
    private static final Serde<Object> NO_RECORDS = new NoRecords();

    /** Begins a payload; the overtaken bytes are to be appended. */
    static void begin(Barrier barrier, BinaryWriter payload) {
        new ElementEncoder(NO_RECORDS).write(barrier, payload);
    }

    static BarrierAhead decodeOrThrow(byte[] payload) throws ProtocolViolation {
        try {
            BinaryReader in = new BinaryReader(payload);
            if (new ElementDecoder(NO_RECORDS).read(in) instanceof Barrier barrier) {
                return new BarrierAhead(barrier, payload, in.position());
            }
            throw new ProtocolViolation("an announcement of what is no barrier");
        } catch (CorruptDataException | IllegalArgumentException | IllegalStateException malformed) {
            throw new ProtocolViolation("a malformed announcement: " + malformed.getMessage());
        }
    }

    /** Stateless. */
    private static final class NoRecords implements Serde<Object> {
        private static final long serialVersionUID = 1L;

        @Override
        public void write(Object value, BinaryWriter out) {
            throw new IllegalStateException("a record among announcements");
        }

        @Override
        public Object read(BinaryReader in) {
            throw new IllegalStateException("a record among announcements");
        }

        @Override
        public String schema() {
            return "none";
        }
    }
}
