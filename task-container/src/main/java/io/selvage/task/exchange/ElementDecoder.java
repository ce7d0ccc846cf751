package io.selvage.task.exchange;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.protocol.id.CheckpointId;

/** Owned by the thread that reads. Reads what {@link ElementEncoder} wrote on the same channel. */
public final class ElementDecoder {
    private final Serde<Object> serde;
    private long lastTimestampMillis;
    private long timestampMillis = Timestamps.NONE;

    public ElementDecoder(Serde<Object> serde) {
        this(serde, 0);
    }

    /** @param lastTimestampMillis of the encoder when it began with what is to be read */
    public ElementDecoder(Serde<Object> serde, long lastTimestampMillis) {
        this.serde = serde;
        this.lastTimestampMillis = lastTimestampMillis;
    }

    public Object read(BinaryReader in) {
        int kind = in.readByte();
        switch (kind) {
            case ElementEncoder.RECORD -> {
                timestampMillis = Timestamps.NONE;
                return serde.read(in);
            }
            case ElementEncoder.TIMED_RECORD -> {
                timestampMillis = lastTimestampMillis + in.readVarLong();
                lastTimestampMillis = timestampMillis;
                return serde.read(in);
            }
            case ElementEncoder.WATERMARK -> {
                return new Watermark(in.readVarLong());
            }
            case ElementEncoder.BARRIER -> {
                return readBarrier(in);
            }
            case ElementEncoder.END_OF_INPUT -> {
                return EndOfInput.INSTANCE;
            }
            case ElementEncoder.IDLE -> {
                return Activity.IDLE;
            }
            case ElementEncoder.ACTIVE -> {
                return Activity.ACTIVE;
            }
            case ElementEncoder.LATENCY_MARKER -> {
                return new LatencyMarker(in.readUnsignedVarInt(), in.readVarLong());
            }
            default ->
                throw new CorruptDataException("an element of the unknown kind " + kind
                        + ": the record's serde has read more or less than it wrote");
        }
    }

    private static Barrier readBarrier(BinaryReader in) {
        try {
            return new Barrier(
                    new CheckpointId(in.readVarLong()),
                    in.readVarLong(),
                    CutKind.of(in.readByte()),
                    in.readString(),
                    in.readBoolean());
        } catch (IllegalArgumentException e) {
            throw new CorruptDataException("a barrier that there is not: " + e.getMessage(), e);
        }
    }

    /** Of the record read last. */
    public long timestampMillis() {
        return timestampMillis;
    }

    /** What the next timestamp is the difference to. */
    public long lastTimestampMillis() {
        return lastTimestampMillis;
    }
}
