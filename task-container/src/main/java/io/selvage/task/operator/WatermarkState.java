package io.selvage.task.operator;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.checkpoint.backend.OperatorStateKind;

/** Event time in a checkpoint: one instant for each subtask; more of the operator's may follow. */
final class WatermarkState {
    private WatermarkState() {}

    static byte[] write(long millis) {
        BinaryWriter out = new BinaryWriter(16);
        write(millis, out);
        return out.toByteArray();
    }

    static void write(long millis, BinaryWriter out) {
        OperatorStateKind.EVENT_TIME.writeHead(out);
        out.writeLong(millis);
    }

    /**
     * With the parallelism unchanged, what this subtask had; else the least that any had, since its elements may come
     * to any now. {@link Long#MIN_VALUE} if nothing is restored.
     */
    static long restore(RestoredState restored, OperatorContext context) {
        if (restored.parallelism() == context.parallelism()) {
            return least(restored, context.subtask(), context.subtask() + 1);
        }
        return least(restored, 0, restored.parallelism());
    }

    private static long least(RestoredState restored, int from, int to) {
        long least = Long.MAX_VALUE;
        boolean found = false;
        for (int subtask = from; subtask < to; subtask++) {
            for (byte[] bytes : restored.heldState(subtask)) {
                least = Math.min(least, read(new BinaryReader(bytes)));
                found = true;
            }
        }
        return found ? least : Long.MIN_VALUE;
    }

    static long read(BinaryReader in) {
        OperatorStateKind.EVENT_TIME.readHead(in);
        return in.readLong();
    }
}
