package io.selvage.task.network;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Watermark;

/**
 * Owned by the producing subtask's thread. Elements as bytes, one after the other: a kind, then for a record its
 * timestamp as the difference to the one before on the channel, and what the serde writes.
 */
final class ElementEncoder {
    static final int RECORD = 0;
    static final int TIMED_RECORD = 1;
    static final int WATERMARK = 2;
    static final int BARRIER = 3;
    static final int END_OF_INPUT = 4;

    private final Serde<Object> serde;
    private long lastTimestampMillis;

    ElementEncoder(Serde<Object> serde) {
        this.serde = serde;
    }

    /** If the serde throws, what it wrote is to be truncated by the caller; the encoder is as it was. */
    void write(Object value, long timestampMillis, BinaryWriter out) {
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

    void write(Control control, BinaryWriter out) {
        if (control instanceof Watermark watermark) {
            out.writeByte(WATERMARK);
            out.writeVarLong(watermark.millis());
        } else if (control instanceof Barrier barrier) {
            out.writeByte(BARRIER);
            out.writeVarLong(barrier.checkpoint().value());
            out.writeVarLong(barrier.triggerTimeMillis());
            out.writeByte(barrier.kind().code());
            out.writeString(barrier.directory());
        } else if (control instanceof EndOfInput) {
            out.writeByte(END_OF_INPUT);
        } else {
            throw new IllegalStateException("no wire form for " + control);
        }
    }
}
