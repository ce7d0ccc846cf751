package io.selvage.task.network;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;

/**
 * The payload of a CREDIT frame, whose number is the credit itself.
 *
 * @param fillBytes buffers of the channel are to be sent at this size from now on
 */
record CreditGrant(int fillBytes) {
    byte[] encode() {
        BinaryWriter out = new BinaryWriter(Integer.BYTES);
        out.writeInt(fillBytes);
        return out.toByteArray();
    }

    static CreditGrant decodeOrThrow(byte[] payload, int length) throws ProtocolViolation {
        try {
            return new CreditGrant(new BinaryReader(payload, 0, length).readInt());
        } catch (CorruptDataException malformed) {
            throw new ProtocolViolation("malformed credit: " + malformed.getMessage());
        }
    }
}
