package io.selvage.protocol.security;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/**
 * What every process of one application holds and no other does: a certificate with its key for the control plane, and
 * a secret for the data plane. Immutable. It is made by the client and travels in YARN's Credentials, never in the
 * environment, in arguments or in a file that others can read.
 */
public final class ApplicationIdentity {
    /** The name in YARN's Credentials. */
    public static final String CREDENTIALS_ALIAS = "selvage.identity";

    private static final int FORMAT = 1;
    private static final int SECRET_BYTES = 32;
    private static final int MAX_PART_BYTES = 16 * 1024;
    private static final int SERIAL_BITS = 128;
    private static final String NAME = "CN=selvage application";
    /** Clocks of a cluster's hosts differ. */
    private static final Duration CLOCK_SKEW = Duration.ofDays(2);
    /** Longer than any session lives; what ends an identity is the end of its application. */
    private static final Duration VALIDITY = Duration.ofDays(20 * 365);

    private final X509Certificate certificate;
    private final PrivateKey privateKey;
    private final byte[] secret;

    private ApplicationIdentity(X509Certificate certificate, PrivateKey privateKey, byte[] secret) {
        this.certificate = certificate;
        this.privateKey = privateKey;
        this.secret = secret;
    }

    /** A new identity: self-signed, elliptic curve P-256, and 256 random bits. */
    public static ApplicationIdentity create() {
        try {
            SecureRandom random = new SecureRandom();
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair pair = generator.generateKeyPair();
            Instant now = Instant.now();
            X509Certificate certificate = SelfSignedCertificate.of(
                    pair, NAME, new BigInteger(SERIAL_BITS, random), now.minus(CLOCK_SKEW), now.plus(VALIDITY));
            byte[] secret = new byte[SECRET_BYTES];
            random.nextBytes(secret);
            return new ApplicationIdentity(certificate, pair.getPrivate(), secret);
        } catch (GeneralSecurityException unavailable) {
            throw new IllegalStateException("This JVM can't make an elliptic-curve certificate.", unavailable);
        }
    }

    /**
     * The identity in those bytes.
     *
     * @throws IllegalArgumentException if they are not what {@link #encode} gave
     */
    public static ApplicationIdentity decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readInt();
            if (format != FORMAT) {
                throw new IllegalArgumentException("The application's identity has format " + format
                        + ", and this version knows only " + FORMAT + ".");
            }
            byte[] secret = readPart(in);
            byte[] certificate = readPart(in);
            byte[] privateKey = readPart(in);
            return new ApplicationIdentity(
                    (X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(certificate)),
                    KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(privateKey)),
                    secret);
        } catch (IOException | GeneralSecurityException malformed) {
            throw new IllegalArgumentException("The application's identity is damaged.", malformed);
        }
    }

    /** The whole identity, the private key included: for Credentials and for the client's 0600 session file alone. */
    public byte[] encode() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(FORMAT);
            writePart(out, secret);
            writePart(out, certificate.getEncoded());
            writePart(out, privateKey.getEncoded());
            return bytes.toByteArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } catch (GeneralSecurityException unencodable) {
            throw new IllegalStateException("The application's certificate can't be encoded.", unencodable);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey privateKey() {
        return privateKey;
    }

    /** How a process of the application proves itself on the data plane. */
    public Handshake handshake() {
        return new Handshake(secret);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApplicationIdentity that
                && certificate.equals(that.certificate)
                && Arrays.equals(secret, that.secret);
    }

    @Override
    public int hashCode() {
        return certificate.hashCode();
    }

    /** Nothing secret: the certificate's serial number. */
    @Override
    public String toString() {
        return "identity " + certificate.getSerialNumber().toString(16);
    }

    private static byte[] readPart(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 1 || length > MAX_PART_BYTES) {
            throw new IOException("A part of the identity has a length of " + length + " bytes.");
        }
        byte[] part = new byte[length];
        in.readFully(part);
        return part;
    }

    private static void writePart(DataOutputStream out, byte[] part) throws IOException {
        out.writeInt(part.length);
        out.write(part);
    }
}
