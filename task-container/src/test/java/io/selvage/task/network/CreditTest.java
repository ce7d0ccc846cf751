package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CreditTest {
    private static final int BUFFER = 4096;

    @ParameterizedTest
    @CsvSource({"1, 1024", "1024, 1024", "1025, 2048", "2048, 2048", "32768, 32768", "32769, 65536"})
    void aPayloadCostsTheArrayItIsReadInto(int payload, int cost) {
        assertThat(Credit.cost(payload)).isEqualTo(cost);
        assertThat(new ArrayPool().take(payload)).hasSize(cost);
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 1500, 4096, 32_768, 40_000, 16 << 20})
    void senderOfFullBuffersNeverStarvesWhileTheConsumerIsIdle(int bufferBytes) {
        // What the consumer holds back unannounced is less than this, so the rest must be enough for a buffer.
        int heldBack = Credit.announced(bufferBytes) - 1;
        assertThat(Credit.window(bufferBytes) - heldBack).isGreaterThanOrEqualTo(Credit.cost(bufferBytes));
    }

    @Test
    void senderIsRefusedBeyondWhatWasGranted() throws ProtocolViolation {
        SendCredit credit = new SendCredit(BUFFER);
        credit.grantOrThrow(2 * BUFFER);

        assertThat(credit.tryTake(BUFFER)).isTrue();
        assertThat(credit.tryTake(BUFFER)).isTrue();
        assertThat(credit.tryTake(1024)).isFalse();
        assertThatThrownBy(() -> credit.grantOrThrow(5 * BUFFER)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void receiverTakesNoMoreThanItGranted() {
        ReceiveWindow window = new ReceiveWindow(BUFFER);
        assertThat(window.open()).isEqualTo(4 * BUFFER);
        for (int i = 0; i < 4; i++) {
            int sequence = i;
            assertThatCode(() -> window.onDataOrThrow(data(sequence, BUFFER))).doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> window.onDataOrThrow(data(4, 1)))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("credit");

        assertThat(window.onConsumed(BUFFER)).isEqualTo(BUFFER);
        assertThatCode(() -> window.onDataOrThrow(data(4, BUFFER))).doesNotThrowAnyException();
    }

    /** Smaller buffers: no credit until what is outstanding has come down, and never too little for one of them. */
    @Test
    void receiverGrantsNothingUntilWhatIsOutstandingFitsASmallerWindow() throws ProtocolViolation {
        ReceiveWindow window = new ReceiveWindow(BUFFER);
        window.open();
        for (int i = 0; i < 4; i++) {
            window.onDataOrThrow(data(i, BUFFER));
        }
        window.resize(1024);
        assertThat(window.onConsumed(2 * BUFFER)).isZero();
        assertThat(window.onConsumed(3 * BUFFER)).isZero();
        assertThat(window.onConsumed(3 * BUFFER + 1024)).isEqualTo(1024);
        window.resize(BUFFER);
        assertThat(window.onConsumed(4 * BUFFER)).isEqualTo(4 * BUFFER - 1024);
    }

    @ParameterizedTest
    @CsvSource({"229376,32768", "1000000,32768", "229375,16384", "7168,1024", "1,1024", "30000,4096"})
    void buffersAreAsLargeAsWhatMayBeInFlightAllows(int inFlightBytes, int fillBytes) {
        assertThat(Credit.fillBytes(inFlightBytes, 32_768)).isEqualTo(fillBytes);
    }

    @Test
    void receiverRefusesALostRepeatedOrOversizedBuffer() throws ProtocolViolation {
        ReceiveWindow window = new ReceiveWindow(BUFFER);
        window.open();
        window.onDataOrThrow(data(0, 10));

        assertThatThrownBy(() -> window.onDataOrThrow(data(0, 10))).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> window.onDataOrThrow(data(2, 10))).hasMessageContaining("where 1 is due");
        assertThatThrownBy(() -> window.onDataOrThrow(data(1, BUFFER + 1))).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> window.onDataOrThrow(data(1, 0))).isInstanceOf(ProtocolViolation.class);
    }

    private static FrameHeader data(int sequence, int length) throws ProtocolViolation {
        FrameHeader header = new FrameHeader();
        header.encode(FrameType.DATA, 0, 1, sequence, new byte[length], 0, length);
        header.decodeOrThrow();
        return header;
    }
}
