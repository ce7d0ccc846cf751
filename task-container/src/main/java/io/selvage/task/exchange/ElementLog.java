package io.selvage.task.exchange;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/**
 * Owned by the thread that writes. Elements of one channel that are part of a checkpoint, as {@link ElementEncoder}
 * writes them, behind the timestamp that the first one's is the difference to.
 */
public final class ElementLog {
    private final BinaryWriter out = new BinaryWriter();
    private final ElementEncoder encoder;
    private final int emptyLength;

    /** @param lastTimestampMillis of the decoder whose bytes may be appended as they are; 0 if none are */
    public ElementLog(Serde<Object> serde, long lastTimestampMillis) {
        out.writeVarLong(lastTimestampMillis);
        emptyLength = out.length();
        encoder = new ElementEncoder(serde, lastTimestampMillis);
    }

    /** A record or a watermark; other control elements say nothing to those who restore. */
    public void append(Object element, long timestampMillis) {
        if (element instanceof Watermark watermark) {
            encoder.write(watermark, out);
        } else if (!(element instanceof Control)) {
            encoder.write(element, timestampMillis, out);
        }
    }

    /** Bytes that follow in the channel those that were decoded to what has been appended. Nothing else follows. */
    public void appendEncoded(byte[] bytes, int offset, int length) {
        out.writeBytes(bytes, offset, length);
    }

    /** No bytes at all if there are no elements. */
    public byte[] toByteArray() {
        return out.length() == emptyLength ? new byte[0] : out.toByteArray();
    }

    /** Positions the reader behind what is not elements; answers the decoder of these. */
    public static ElementDecoder open(BinaryReader log, Serde<Object> serde) {
        return new ElementDecoder(serde, log.remaining() == 0 ? 0 : log.readVarLong());
    }
}
