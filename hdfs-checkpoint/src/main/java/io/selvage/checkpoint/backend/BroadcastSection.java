package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * One broadcast state of an operator in a checkpoint, of which all but the entries can be told without the user's
 * classes; immutable.
 *
 * @param keySchema as which keys were written; {@code valueSchema} likewise
 * @param entries their number, then each one's key and value
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record BroadcastSection(String name, String keySchema, String valueSchema, byte[] entries) {
    /** All of an operator's, behind a head that says what they are. */
    public static void write(List<BroadcastSection> sections, BinaryWriter out) {
        OperatorStateKind.BROADCAST.writeHead(out);
        out.writeUnsignedVarInt(sections.size());
        for (BroadcastSection section : sections) {
            out.writeString(section.name);
            out.writeString(section.keySchema);
            out.writeString(section.valueSchema);
            out.writeByteArray(section.entries);
        }
    }

    /** @throws StateMismatchException if it is something else, or of a newer format */
    public static List<BroadcastSection> read(BinaryReader in) {
        OperatorStateKind.BROADCAST.readHead(in);
        int count = in.readCount();
        List<BroadcastSection> sections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sections.add(new BroadcastSection(in.readString(), in.readString(), in.readString(), in.readByteArray()));
        }
        return sections;
    }

    /** Of what is empty nothing can be lost. */
    public boolean isEmpty() {
        return new BinaryReader(entries).readCount() == 0;
    }
}
