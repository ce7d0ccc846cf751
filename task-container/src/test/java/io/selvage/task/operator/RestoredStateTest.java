package io.selvage.task.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.BinaryWriter;
import io.selvage.checkpoint.backend.BroadcastSection;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.OperatorStateKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestoredStateTest {
    private record Of(byte[]... states) implements RestoredState {
        @Override
        public int parallelism() {
            return states.length;
        }

        @Override
        public List<byte[]> operatorState(int subtask) {
            return List.of(states[subtask]);
        }

        @Override
        public KeyedOrigin keyed() {
            return KeyedOrigin.NOTHING;
        }
    }

    private static byte[] underWay(int elements) {
        BinaryWriter out = new BinaryWriter();
        OperatorStateKind.UNDER_WAY.writeHead(out);
        out.writeString("string");
        out.writeUnsignedVarInt(elements);
        return out.toByteArray();
    }

    private static byte[] broadcast(byte... entries) {
        BinaryWriter out = new BinaryWriter();
        BroadcastSection.write(List.of(new BroadcastSection("rules", "string", "i64", entries)), out);
        return out.toByteArray();
    }

    /** So a step of another kind that the start was let pass for starts. */
    @Test
    void whatHoldsNothingIsNotTakenUp() {
        byte[] time = {0x61, 0, 0, 0, 0, 0, 0, 0, 17};
        RestoredState state = new Of(underWay(0), underWay(1), broadcast((byte) 0), broadcast((byte) 1), time);
        assertThat(state.heldState(0)).isEmpty();
        assertThat(state.heldState(1)).hasSize(1);
        assertThat(state.heldState(2)).isEmpty();
        assertThat(state.heldState(3)).hasSize(1);
        assertThat(state.heldState(4)).containsExactly(time);
    }
}
