package io.selvage.task.network;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Watermark;

/** Owned by the consuming subtask's thread. Reads what {@link ElementEncoder} wrote on the same channel. */
final class ElementDecoder {
    private final Serde<Object> serde;
    private long lastTimestampMillis;
    private long timestampMillis = Timestamps.NONE;

    ElementDecoder(Serde<Object> serde) {
        this.serde = serde;
    }

    Object read(BinaryReader in) {
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
                return new Barrier(
                        new CheckpointId(in.readVarLong()),
                        in.readVarLong(),
                        CutKind.of(in.readByte()),
                        in.readString());
            }
            case ElementEncoder.END_OF_INPUT -> {
                return EndOfInput.INSTANCE;
            }
            default ->
                throw new CorruptDataException("an element of the unknown kind " + kind
                        + ": the record's serde has read more or less than it wrote");
        }
    }

    /** Of the record read last. */
    long timestampMillis() {
        return timestampMillis;
    }
}
