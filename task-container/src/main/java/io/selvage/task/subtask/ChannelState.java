package io.selvage.task.subtask;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.checkpoint.backend.StateMismatchException;
import java.util.ArrayList;
import java.util.List;

/**
 * What was under way on one input channel at a cut: sent before the sender's cut, and not processed before the
 * receiver's.
 *
 * @param from the producing subtask, or {@link #NO_PRODUCER}
 * @param watermarkMillis of the channel at the receiver's cut
 * @param elements an {@code ElementLog}
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record ChannelState(int edge, int from, long watermarkMillis, byte[] elements) {
    /** The elements come from a checkpoint of another parallelism: their event time is that of no channel there is. */
    public static final int NO_PRODUCER = -1;

    private static final int FORMAT = 1;

    public boolean isEmpty() {
        return elements.length == 0;
    }

    /** Several as they go into a checkpoint, in the order in which they are to be replayed. */
    public static byte[] encode(List<ChannelState> states) {
        BinaryWriter out = new BinaryWriter();
        out.writeByte(FORMAT);
        out.writeUnsignedVarInt(states.size());
        for (ChannelState state : states) {
            out.writeUnsignedVarInt(state.edge);
            out.writeUnsignedVarInt(state.from);
            out.writeLong(state.watermarkMillis);
            out.writeByteArray(state.elements);
        }
        return out.toByteArray();
    }

    /** The inverse. */
    public static List<ChannelState> decode(byte[] bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int format = in.readByte();
        if (format != FORMAT) {
            throw new StateMismatchException("The checkpoint has elements under way in format " + format
                    + ", and this version of Selvage reads format " + FORMAT + " only. Use the version that wrote it.");
        }
        int count = in.readCount();
        List<ChannelState> states = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            states.add(new ChannelState(
                    in.readUnsignedVarInt(), in.readUnsignedVarInt(), in.readLong(), in.readByteArray()));
        }
        return states;
    }
}
