package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake;
import io.selvage.protocol.security.Handshake.Side;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HandshakeExchangeTest {
    private final Handshake handshake = ApplicationIdentity.create().handshake();
    private final HandshakeExchange connecting = new HandshakeExchange(Side.CONNECTING, handshake, false);
    private final HandshakeExchange accepting = new HandshakeExchange(Side.ACCEPTING, handshake, false);

    @Test
    void bothSidesOfOneApplicationPass() throws ProtocolViolation {
        byte[] challenge = accepting.onMessage(connecting.opening());
        byte[] proof = accepting.onMessage(connecting.onMessage(challenge));
        connecting.onMessage(proof);

        assertThat(accepting.expectedBytes()).isZero();
        assertThat(connecting.expectedBytes()).isZero();
        assertThat(accepting.mismatch()).isNull();
        assertThat(connecting.mismatch()).isNull();
    }

    @Test
    void whereOneSideEncryptsAndTheOtherDoesNotBothFindOut() throws ProtocolViolation {
        HandshakeExchange encrypting = new HandshakeExchange(Side.CONNECTING, handshake, true);
        byte[] challenge = accepting.onMessage(encrypting.opening());
        byte[] proof = accepting.onMessage(encrypting.onMessage(challenge));
        encrypting.onMessage(proof);

        assertThat(accepting.mismatch())
                .isEqualTo("the peer encrypts, and selvage.network.encryption is false here:"
                        + " all processes of a session must have the same setting");
        assertThat(encrypting.mismatch()).contains("the peer does not encrypt", "is true here");
    }

    @Test
    void acceptingSideRefusesAnotherSecretBeforeItProvesItself() throws ProtocolViolation {
        HandshakeExchange stranger = new HandshakeExchange(
                Side.CONNECTING, ApplicationIdentity.create().handshake(), false);
        byte[] challenge = accepting.onMessage(stranger.opening());
        byte[] proof = stranger.onMessage(challenge);

        assertThatThrownBy(() -> accepting.onMessage(proof))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("secret");
    }

    @Test
    void connectingSideRefusesAnotherSecret() throws ProtocolViolation {
        connecting.opening();
        connecting.onMessage(Handshake.challenge());

        assertThatThrownBy(() -> connecting.onMessage(new byte[Handshake.RESPONSE_BYTES]))
                .isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void ownProofSentBackIsRefused() throws ProtocolViolation {
        byte[] opening = connecting.opening();
        byte[] ownChallenge = java.util.Arrays.copyOfRange(opening, opening.length - 32, opening.length);
        byte[] ownProof = connecting.onMessage(ownChallenge);

        assertThatThrownBy(() -> connecting.onMessage(ownProof)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void proofOfAnEarlierExchangeIsRefused() throws ProtocolViolation {
        byte[] opening = connecting.opening();
        byte[] recorded = connecting.onMessage(accepting.onMessage(opening));
        accepting.onMessage(recorded);

        HandshakeExchange later = new HandshakeExchange(Side.ACCEPTING, handshake, false);
        later.onMessage(opening);
        assertThatThrownBy(() -> later.onMessage(recorded)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void anotherProtocolShowsByItsFirstByte() {
        byte[] http = "GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII);

        assertThat(accepting.isForeign(http, 1)).isTrue();
        assertThat(accepting.isForeign(new HandshakeExchange(Side.CONNECTING, handshake, false).opening(), 3))
                .isFalse();
    }
}
