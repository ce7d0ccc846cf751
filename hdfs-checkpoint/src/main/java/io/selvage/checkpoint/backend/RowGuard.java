package io.selvage.checkpoint.backend;

import io.selvage.api.graph.InvalidProgramException;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread. Finds, for tests, values of states that are changed while their key is not the current
 * one: what a row is when its key is left is compared with what it is when the key comes back, and at each cut.
 */
final class RowGuard {
    private final String operator;
    private final RowCodec<?> codec;
    private final Map<Row, @Nullable byte[][]> left = new IdentityHashMap<>();

    RowGuard(String operator, RowCodec<?> codec) {
        this.operator = operator;
        this.codec = codec;
    }

    void leave(Row row) {
        left.put(row, codec.writeStates(row));
    }

    void enter(Row row) {
        @Nullable byte[][] before = left.remove(row);
        if (before != null) {
            check(row, before);
        }
    }

    /** Nothing is left of the row. */
    void forget(Row row) {
        left.remove(row);
    }

    void checkAll() {
        left.keySet().removeIf(row -> row.place == Row.NOWHERE);
        left.forEach(this::check);
    }

    private void check(Row row, @Nullable byte[][] before) {
        @Nullable byte[][] now = codec.writeStates(row);
        for (int i = 0; i < now.length; i++) {
            byte[] was = before[i];
            byte[] is = now[i];
            if (was != null && is != null && !Arrays.equals(was, is)) {
                throw new InvalidProgramException("The state \"" + codec.nameOf(i) + "\" of operator " + operator
                        + " was changed while its key " + row.key + " was not the current one: it was "
                        + codec.describe(i, was) + ", and is " + codec.describe(i, is)
                        + " now. A value that was given to a state, or emitted, is not changed afterwards:"
                        + " give the state another one in its place.");
            }
        }
    }
}
