package io.selvage.protocol.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ApplicationIdentityTest {
    @Test
    void survivesItsEncoding() throws Exception {
        ApplicationIdentity identity = ApplicationIdentity.create();
        ApplicationIdentity decoded = ApplicationIdentity.decode(identity.encode());
        assertThat(decoded).isEqualTo(identity);
        assertThat(decoded.privateKey().getEncoded())
                .isEqualTo(identity.privateKey().getEncoded());
        decoded.certificate().verify(identity.certificate().getPublicKey());
    }

    @Test
    void isNeverMadeTwice() {
        assertThat(ApplicationIdentity.create()).isNotEqualTo(ApplicationIdentity.create());
    }

    @Test
    void damagedBytesAreRefused() {
        byte[] bytes = ApplicationIdentity.create().encode();
        assertThatThrownBy(() -> ApplicationIdentity.decode(Arrays.copyOf(bytes, bytes.length - 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The application's identity is damaged.");
        bytes[3] = 9;
        assertThatThrownBy(() -> ApplicationIdentity.decode(bytes)).hasMessageContaining("has format 9");
    }

    @Test
    void textShowsNoSecret() {
        ApplicationIdentity identity = ApplicationIdentity.create();
        assertThat(identity.toString())
                .isEqualTo(
                        "identity " + identity.certificate().getSerialNumber().toString(16));
    }

    @Test
    void aHandshakeProvesTheSecretForOneSideAndThoseChallengesOnly() {
        ApplicationIdentity identity = ApplicationIdentity.create();
        Handshake handshake = identity.handshake();
        byte[] connecting = Handshake.challenge();
        byte[] accepting = Handshake.challenge();
        byte[] response = handshake.respond(Handshake.Side.CONNECTING, false, connecting, accepting);

        assertThat(response).hasSize(Handshake.RESPONSE_BYTES);
        Handshake same = ApplicationIdentity.decode(identity.encode()).handshake();
        assertThat(same.verify(Handshake.Side.CONNECTING, false, connecting, accepting, response))
                .isTrue();
        assertThat(same.verify(Handshake.Side.CONNECTING, true, connecting, accepting, response))
                .as("as if it went on encrypted")
                .isFalse();
        assertThat(same.verify(Handshake.Side.ACCEPTING, false, connecting, accepting, response))
                .isFalse();
        assertThat(same.verify(Handshake.Side.CONNECTING, false, connecting, Handshake.challenge(), response))
                .isFalse();
        assertThat(same.verify(Handshake.Side.CONNECTING, false, connecting, accepting, Arrays.copyOf(response, 31)))
                .isFalse();
        assertThat(ApplicationIdentity.create()
                        .handshake()
                        .verify(Handshake.Side.CONNECTING, false, connecting, accepting, response))
                .isFalse();
    }

    @Test
    void aShortChallengeIsRefused() {
        Handshake handshake = ApplicationIdentity.create().handshake();
        assertThatThrownBy(
                        () -> handshake.respond(Handshake.Side.CONNECTING, false, new byte[0], Handshake.challenge()))
                .hasMessage("A challenge has 32 bytes, not 0.");
    }
}
