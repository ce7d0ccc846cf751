package io.selvage.master.simulation;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a simulated subtask puts into a checkpoint beside its keyed state. */
record OperatorState(int subtask, long position, List<SimulatedSink.Transaction> pending) {
    OperatorState {
        pending = List.copyOf(pending);
    }

    ByteString toBytes() {
        ByteBuffer out = ByteBuffer.allocate(Long.BYTES * (2 + 4 * pending.size()));
        out.putLong(subtask).putLong(position);
        pending.forEach(each -> out.putLong(each.incarnation())
                .putLong(each.checkpoint())
                .putLong(each.from())
                .putLong(each.to()));
        return ByteString.copyFrom(out.flip());
    }

    static OperatorState parse(ByteString bytes) {
        ByteBuffer in = bytes.asReadOnlyByteBuffer();
        int subtask = (int) in.getLong();
        long position = in.getLong();
        List<SimulatedSink.Transaction> pending = new ArrayList<>();
        while (in.hasRemaining()) {
            pending.add(new SimulatedSink.Transaction(subtask, in.getLong(), in.getLong(), in.getLong(), in.getLong()));
        }
        return new OperatorState(subtask, position, pending);
    }
}
