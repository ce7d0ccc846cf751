package io.selvage.protocol.security;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import javax.security.auth.x500.X500Principal;

/**
 * Writes the certificate of an identity, which the JDK reads but has no way to make: X.509, version 3 without
 * extensions (RFC 5280, section 4.1), in DER (ITU-T X.690). Name and public key are encoded by the JDK, and what is
 * written is read and verified by it before it is given out.
 */
final class SelfSignedCertificate {
    private static final String ALGORITHM = "SHA256withECDSA";
    /** The algorithm's identifier, 1.2.840.10045.4.3.2 without parameters (RFC 5758, section 3.2). */
    private static final byte[] ALGORITHM_IDENTIFIER = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
    };

    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int UTC_TIME = 0x17;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;
    private static final int VERSION = 0xa0;

    private static final byte[] VERSION_3 = {2};
    private static final byte[] NO_UNUSED_BITS = {0};

    /** From then on a year has four digits, and before it two (RFC 5280, section 4.1.2.5). */
    private static final int FIRST_YEAR_IN_FULL = 2050;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT);
    private static final DateTimeFormatter TIME_IN_FULL = DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'", Locale.ROOT);

    private static final int LONGEST_SHORT_FORM = 0x7f;

    private SelfSignedCertificate() {}

    /**
     * @param pair of an elliptic curve
     * @param serial not negative
     * @param notBefore after 1949; what is below a second is cut off, here and of the end
     */
    static X509Certificate of(KeyPair pair, String name, BigInteger serial, Instant notBefore, Instant notAfter)
            throws GeneralSecurityException {
        byte[] encodedName = new X500Principal(name).getEncoded();
        byte[] signed = element(
                SEQUENCE,
                element(VERSION, element(INTEGER, VERSION_3)),
                element(INTEGER, serial.toByteArray()),
                ALGORITHM_IDENTIFIER,
                encodedName,
                element(SEQUENCE, time(notBefore), time(notAfter)),
                encodedName,
                pair.getPublic().getEncoded());
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initSign(pair.getPrivate());
        signature.update(signed);
        byte[] encoded =
                element(SEQUENCE, signed, ALGORITHM_IDENTIFIER, element(BIT_STRING, NO_UNUSED_BITS, signature.sign()));
        X509Certificate certificate = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
        certificate.verify(pair.getPublic());
        return certificate;
    }

    private static byte[] time(Instant instant) {
        ZonedDateTime utc = instant.atZone(ZoneOffset.UTC);
        boolean isInFull = utc.getYear() >= FIRST_YEAR_IN_FULL;
        String text = (isInFull ? TIME_IN_FULL : TIME).format(utc);
        return element(isInFull ? GENERALIZED_TIME : UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * One element of DER: its tag, its length in as few bytes as there can be, and the contents one after the other.
     */
    private static byte[] element(int tag, byte[]... contents) {
        int length = 0;
        for (byte[] content : contents) {
            length += content.length;
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (length <= LONGEST_SHORT_FORM) {
            element.write(length);
        } else {
            byte[] digits = BigInteger.valueOf(length).toByteArray();
            int sign = digits[0] == 0 ? 1 : 0;
            element.write(0x80 | digits.length - sign);
            element.write(digits, sign, digits.length - sign);
        }
        for (byte[] content : contents) {
            element.writeBytes(content);
        }
        return element.toByteArray();
    }
}
