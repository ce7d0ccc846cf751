package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Segments of rows in the formats 3 to 6, as the versions that know no others have written them. */
final class OlderSegments {
    private static final int FORMATS_LATER = 4;

    private OlderSegments() {}

    /** Of key groups that are whole in it, all rows are together, and none says of another that it has gone. */
    static byte[] of(byte[] bytes) {
        Segment segment;
        try {
            segment = Segment.read(
                    new ByteArrayInputStream(bytes), bytes.length, "operator", (head, section) -> true, group -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        BinaryWriter out = new BinaryWriter();
        out.writeInt(Segment.MAGIC);
        out.writeInt(ByteBuffer.wrap(bytes).getInt(Integer.BYTES) - FORMATS_LATER);
        out.writeInt(0);
        int start = out.length();
        out.writeLong(segment.checkpoint());
        out.writeLong(segment.base());
        out.writeInt(segment.range().first());
        out.writeInt(segment.range().end());
        for (long since : segment.wholeSince()) {
            out.writeUnsignedVarInt((int) (segment.checkpoint() - since));
        }
        segment.schema().write(out);
        out.putInt(start - Integer.BYTES, out.length() - start);
        writeGroups(segment, out);
        return out.toByteArray();
    }

    private static void writeGroups(Segment segment, BinaryWriter out) {
        record Kind(int number, boolean isOfParts) {}
        Set<Integer> whole = new HashSet<>();
        Map<Kind, BinaryWriter> entries = new LinkedHashMap<>();
        for (Segment.Group group : segment.groups()) {
            if (group.isWhole()) {
                whole.add(group.number());
            }
            BinaryWriter into =
                    entries.computeIfAbsent(new Kind(group.number(), group.isOfParts()), kind -> new BinaryWriter());
            copy(group.entries(), !whole.contains(group.number()), into);
        }
        entries.forEach((kind, bytes) -> {
            out.writeInt(kind.number());
            out.writeByte((whole.contains(kind.number()) ? 1 : 0) + (kind.isOfParts() ? 2 : 0));
            out.writeInt(bytes.length());
            out.writeBytes(bytes.array(), 0, bytes.length());
        });
    }

    private static void copy(byte[] from, boolean withGone, BinaryWriter into) {
        BinaryReader in = new BinaryReader(from);
        Entry entry = new Entry();
        while (in.remaining() > 0) {
            int start = in.position();
            entry.read(in);
            if (entry.rowLength > 0 || withGone) {
                into.writeBytes(from, start, entry.end - start);
            }
        }
    }
}
