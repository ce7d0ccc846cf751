package io.selvage.checkpoint.snapshot;

import io.selvage.protocol.wire.OperatorSnapshot;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a subtask of an operator has in a checkpoint beside keyed state: in the metadata if it is small, else a segment.
 */
public final class OwnState {
    private OwnState() {}

    public static boolean isIn(OperatorSnapshot snapshot) {
        return snapshot.hasOperatorState() || !snapshot.getSmallOperatorState().isEmpty();
    }

    /** Its first byte; there must be some. Blocks if it is a segment. */
    public static byte head(OperatorSnapshot snapshot, SegmentReader segments) throws IOException {
        if (!snapshot.hasOperatorState()) {
            return snapshot.getSmallOperatorState().byteAt(0);
        }
        try (InputStream in = segments.open(SegmentHandle.fromWire(snapshot.getOperatorState()))) {
            return (byte) in.read();
        }
    }
}
