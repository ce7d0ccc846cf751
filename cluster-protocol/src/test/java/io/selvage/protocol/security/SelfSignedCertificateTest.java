package io.selvage.protocol.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelfSignedCertificateTest {
    private static final Instant FROM = Instant.parse("2026-11-27T04:55:06Z");
    private static final Instant UNTIL = Instant.parse("2046-11-22T04:55:06Z");

    /** The curves have keys of different lengths, and a certificate's length then takes one more byte or two. */
    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void theJdkReadsWhatWasWritten(String curve) throws Exception {
        KeyPair pair = pair(curve);
        X509Certificate certificate =
                SelfSignedCertificate.of(pair, "CN=selvage application", BigInteger.valueOf(77), FROM, UNTIL);

        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getSerialNumber()).isEqualTo(77);
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(certificate.getSubjectX500Principal()).isEqualTo(new X500Principal("CN=selvage application"));
        assertThat(certificate.getIssuerX500Principal()).isEqualTo(certificate.getSubjectX500Principal());
        assertThat(certificate.getNotBefore()).isEqualTo(FROM);
        assertThat(certificate.getNotAfter()).isEqualTo(UNTIL);
        assertThat(certificate.getPublicKey()).isEqualTo(pair.getPublic());
        assertThat(certificate.getCriticalExtensionOIDs()).isNull();
        certificate.verify(pair.getPublic());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z",
                "1999-12-31T23:59:59Z",
                "2049-12-31T23:59:59Z",
                "2050-01-01T00:00:00Z",
                "2150-06-30T12:00:00Z"
            })
    void aTimeIsTheSameOnEitherSideOfTheYearInWhichItsFormChanges(String time) throws Exception {
        Instant instant = Instant.parse(time);
        X509Certificate certificate =
                SelfSignedCertificate.of(pair("secp256r1"), "CN=a", BigInteger.ONE, instant, instant.plusMillis(999));
        assertThat(certificate.getNotBefore()).isEqualTo(instant);
        assertThat(certificate.getNotAfter()).isEqualTo(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "7f",
                "80",
                "ff",
                "100",
                "7fffffffffffffffffffffffffffffff",
                "ffffffffffffffffffffffffffffffff"
            })
    void aSerialNumberStaysPositive(String hex) throws Exception {
        BigInteger serial = new BigInteger(hex, 16);
        assertThat(SelfSignedCertificate.of(pair("secp256r1"), "CN=a", serial, FROM, UNTIL)
                        .getSerialNumber())
                .isEqualTo(serial);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 100, 120, 200, 300, 70_000})
    void lengthsAreWrittenInAsManyBytesAsTheyNeed(int length) throws Exception {
        String name = "CN=" + "n".repeat(length);
        X509Certificate certificate = SelfSignedCertificate.of(pair("secp256r1"), name, BigInteger.ONE, FROM, UNTIL);
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo(name);
    }

    @Test
    void aKeyOfAnotherKindIsRefused() throws Exception {
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        assertThatThrownBy(() -> SelfSignedCertificate.of(rsa, "CN=a", BigInteger.ONE, FROM, UNTIL))
                .isInstanceOf(InvalidKeyException.class);
    }

    private static KeyPair pair(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }
}
