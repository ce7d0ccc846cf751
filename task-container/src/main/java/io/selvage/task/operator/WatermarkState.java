package io.selvage.task.operator;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;

/** Event time in a checkpoint: one instant for each subtask. */
final class WatermarkState {
    private static final int FORMAT = 1;

    private WatermarkState() {}

    static byte[] write(long millis) {
        BinaryWriter out = new BinaryWriter(16);
        out.writeByte(FORMAT);
        out.writeLong(millis);
        return out.toByteArray();
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
            for (byte[] bytes : restored.operatorState(subtask)) {
                least = Math.min(least, read(bytes));
                found = true;
            }
        }
        return found ? least : Long.MIN_VALUE;
    }

    private static long read(byte[] bytes) {
        BinaryReader in = new BinaryReader(bytes);
        StateFormat.check(in.readByte(), FORMAT, "event time");
        return in.readLong();
    }
}
