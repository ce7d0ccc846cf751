package io.selvage.task.subtask;

import io.selvage.api.type.BinaryReader;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Owned by the subtask's thread: the elements of one channel that a restored checkpoint holds, before all new ones. */
final class Replay {
    /** There is no such channel any more, or its event time is not what it was. */
    static final int NO_CHANNEL = -1;

    private final ChannelState state;
    private final RestoredChannel restored;
    private final BinaryReader reader;
    private final ElementDecoder decoder;
    /** In the gate, or {@link #NO_CHANNEL}. */
    final int channel;

    Replay(RestoredChannel restored, int channel) {
        this.restored = restored;
        this.state = restored.state();
        this.channel = channel;
        this.reader = new BinaryReader(state.elements());
        this.decoder = ElementLog.open(reader, restored.serde());
    }

    /** The next element, or null at the end. */
    @Nullable
    Object poll() {
        return reader.remaining() == 0 ? null : decoder.read(reader);
    }

    /** Of the record polled last. */
    long timestampMillis() {
        return decoder.timestampMillis();
    }

    /** Of the input that the elements belong to. */
    int ordinal() {
        return restored.ordinal();
    }

    /**
     * What has not been polled, for a cut that does not wait for it. What is of no channel now is not taken for that of
     * one by whoever restores the cut.
     */
    ChannelState rest(long watermarkMillis) {
        ElementLog log = new ElementLog(restored.serde(), decoder.lastTimestampMillis());
        byte[] all = state.elements();
        byte[] left = Arrays.copyOfRange(all, all.length - reader.remaining(), all.length);
        log.appendEncoded(left, 0, left.length);
        int from = channel == NO_CHANNEL ? ChannelState.NO_PRODUCER : state.from();
        return new ChannelState(state.edge(), from, watermarkMillis, log.toByteArray());
    }
}
