package io.selvage.task.exchange;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/**
 * Owned by the thread that writes. Elements as bytes, one after the other: a kind, then for a record its timestamp as
 * the difference to the one before on the channel, and what the serde writes.
 */
public final class ElementEncoder {
    static final int RECORD = 0;
    static final int TIMED_RECORD = 1;
    static final int WATERMARK = 2;
    static final int BARRIER = 3;
    static final int END_OF_INPUT = 4;
    static final int IDLE = 5;
    static final int ACTIVE = 6;
    static final int LATENCY_MARKER = 7;

    private final Serde<Object> serde;
    private long lastTimestampMillis;

    public ElementEncoder(Serde<Object> serde) {
        this(serde, 0);
    }

    /** @param lastTimestampMillis of the decoder that is to read what is written from now on */
    ElementEncoder(Serde<Object> serde, long lastTimestampMillis) {
        this.serde = serde;
        this.lastTimestampMillis = lastTimestampMillis;
    }

    /** If the serde throws, what it wrote is to be truncated by the caller; the encoder is as it was. */
    public void write(Object value, long timestampMillis, BinaryWriter out) {
        if (timestampMillis == Timestamps.NONE) {
            out.writeByte(RECORD);
            serde.write(value, out);
            return;
        }
        out.writeByte(TIMED_RECORD);
        out.writeVarLong(timestampMillis - lastTimestampMillis);
        serde.write(value, out);
        lastTimestampMillis = timestampMillis;
    }

    public void write(Control control, BinaryWriter out) {
        if (control instanceof Watermark watermark) {
            out.writeByte(WATERMARK);
            out.writeVarLong(watermark.millis());
        } else if (control instanceof Barrier barrier) {
            out.writeByte(BARRIER);
            out.writeVarLong(barrier.checkpoint().value());
            out.writeVarLong(barrier.triggerTimeMillis());
            out.writeByte(barrier.kind().code());
            out.writeString(barrier.directory());
            out.writeBoolean(barrier.overtakes());
        } else if (control instanceof EndOfInput) {
            out.writeByte(END_OF_INPUT);
        } else if (control instanceof Activity) {
            out.writeByte(control == Activity.IDLE ? IDLE : ACTIVE);
        } else if (control instanceof LatencyMarker marker) {
            out.writeByte(LATENCY_MARKER);
            out.writeUnsignedVarInt(marker.source());
            out.writeVarLong(marker.emittedMicros());
        } else {
            throw new IllegalStateException("no wire form for " + control);
        }
    }
}
