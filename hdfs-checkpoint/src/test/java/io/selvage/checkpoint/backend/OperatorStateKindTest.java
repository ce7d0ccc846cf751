package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OperatorStateKindTest {
    private static byte[] head(OperatorStateKind kind) {
        BinaryWriter out = new BinaryWriter();
        kind.writeHead(out);
        return out.toByteArray();
    }

    /**
     * They are in checkpoints for good: another number is another format, which old versions must not take for this.
     */
    @ParameterizedTest
    @CsvSource({
        "SOURCE_POSITIONS, 18, 2",
        "PENDING_OUTPUT, 33, 1",
        "BROADCAST, 49, 1",
        "UNDER_WAY, 65, 1",
        "PARTIAL_AGGREGATES, 81, 1",
        "EVENT_TIME, 97, 1"
    })
    void theHeadsAreAsTheyWere(OperatorStateKind kind, byte head, int format) {
        assertThat(head(kind)).containsExactly(head);
        assertThat(kind.readHead(new BinaryReader(new byte[] {head}))).isEqualTo(format);
    }

    @ParameterizedTest
    @EnumSource
    void whatTheFirstVersionsHaveWrittenIsRead(OperatorStateKind kind) {
        assertThat(kind.readHead(new BinaryReader(new byte[] {1}))).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void stateOfAnotherKindIsRefused(OperatorStateKind kind) {
        for (OperatorStateKind other : EnumSet.complementOf(EnumSet.of(kind))) {
            assertThatThrownBy(() -> kind.readHead(new BinaryReader(head(other))))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContainingAll("in place of", "uid");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "19, 'source positions in format 3, and this version of Selvage reads formats 1 to 2'",
        "3, 'source positions in format 3'",
        "16, 'source positions in format 0'",
        "0, 'source positions in format 0'",
        "113, 'of a kind that this version of Selvage does not know'",
        "-1, 'of a kind that this version of Selvage does not know'"
    })
    void newerStateIsRefusedWithTheRemedy(byte head, String said) {
        assertThatThrownBy(() -> OperatorStateKind.SOURCE_POSITIONS.readHead(new BinaryReader(new byte[] {head})))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll(said, "Use the version that wrote it");
    }

    /** Which of the first versions wrote it can't be told; the step itself reads it or says why not. */
    @Test
    void whatDoesNotSayWhatItIsFitsEveryStep() {
        assertThat(OperatorStateKind.misfit((byte) 1, EnumSet.of(OperatorStateKind.EVENT_TIME)))
                .isEmpty();
    }
}
