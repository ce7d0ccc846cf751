package io.selvage.master.simulation;

import com.google.protobuf.ByteString;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a simulated subtask puts into a checkpoint beside its keyed state, for each lane that it has.
 *
 * @param subtask the lane
 * @param since the incarnation that has started it
 */
record OperatorState(SubtaskId subtask, long since, long position, List<SimulatedSink.Transaction> pending) {
    OperatorState {
        pending = List.copyOf(pending);
    }

    ByteString toBytes() {
        ByteBuffer out = ByteBuffer.allocate(Long.BYTES * (4 + 4 * pending.size()));
        out.putLong(subtask.vertex().value())
                .putLong(subtask.index())
                .putLong(since)
                .putLong(position);
        pending.forEach(each -> out.putLong(each.incarnation())
                .putLong(each.checkpoint())
                .putLong(each.from())
                .putLong(each.to()));
        return ByteString.copyFrom(out.flip());
    }

    static OperatorState parse(ByteString bytes) {
        ByteBuffer in = bytes.asReadOnlyByteBuffer();
        SubtaskId subtask = SubtaskId.of((int) in.getLong(), (int) in.getLong());
        long since = in.getLong();
        long position = in.getLong();
        List<SimulatedSink.Transaction> pending = new ArrayList<>();
        while (in.hasRemaining()) {
            pending.add(new SimulatedSink.Transaction(subtask, in.getLong(), in.getLong(), in.getLong(), in.getLong()));
        }
        return new OperatorState(subtask, since, position, pending);
    }

    static OperatorState of(OperatorSnapshot lane) {
        return parse(lane.getSmallOperatorState());
    }

    /** Of all subtasks. */
    static Stream<OperatorSnapshot> lanes(CheckpointMetadata metadata) {
        return metadata.getSubtasksList().stream().flatMap(part -> part.getOperatorsList().stream());
    }
}
