package io.selvage.task.network;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.ChannelId;

/** The payload of an OPEN frame: which channel, and the size of its buffers. */
record OpenRequest(ChannelId channel, int bufferBytes) {
    byte[] encode() {
        BinaryWriter out = new BinaryWriter();
        out.writeString(channel.job().value());
        out.writeVarLong(channel.incarnation().value());
        out.writeVarInt(channel.edge());
        out.writeVarInt(channel.fromSubtask());
        out.writeVarInt(channel.toSubtask());
        out.writeVarInt(bufferBytes);
        return out.toByteArray();
    }

    static OpenRequest decodeOrThrow(byte[] payload, int length) throws ProtocolViolation {
        try {
            BinaryReader in = new BinaryReader(payload, 0, length);
            JobId job = new JobId(in.readString());
            Incarnation incarnation = new Incarnation(in.readVarLong());
            ChannelId channel = new ChannelId(job, incarnation, in.readVarInt(), in.readVarInt(), in.readVarInt());
            return new OpenRequest(channel, in.readVarInt());
        } catch (CorruptDataException | IllegalArgumentException malformed) {
            throw new ProtocolViolation("a malformed request to open a channel: " + malformed.getMessage());
        }
    }
}
