package io.selvage.protocol.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

class Sha256Test {
    /** FIPS 180-2, appendix B.1. */
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void isThatOfTheStandardInLowerCaseDigits() {
        assertThat(Sha256.of(bytes("abc"))).isEqualTo(OF_ABC);
        assertThat(Sha256.of(new byte[0]))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    @Test
    void ofPartsIsThatOfTheWholeAndBeginsAnewAfterwards() {
        MessageDigest digest = Sha256.begin();
        for (int round = 0; round < 2; round++) {
            digest.update(bytes("a"));
            digest.update(bytes("bc"));
            assertThat(Sha256.end(digest)).isEqualTo(OF_ABC);
        }
    }
}
