package io.selvage.protocol.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Challenge and response with the application's secret (HMAC-SHA256, RFC 2104). Immutable, for any thread.
 *
 * <p>Both sides send a fresh {@link #challenge}, and each answers the other's with {@link #respond}. The answer names
 * the side that gives it and covers both challenges, so it can't be sent back to where it came from, nor used again. It
 * also says whether that side encrypts what comes after, which nobody in between can change therefore.
 */
public final class Handshake {
    public static final int CHALLENGE_BYTES = 32;
    public static final int RESPONSE_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String CONTEXT = "selvage data plane 1";
    private static final int ENCRYPTED = 2; // Beside the sides' 0 and 1.
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Which end of a connection answers. */
    public enum Side {
        /** The end that opened the connection. */
        CONNECTING,
        /** The end that listens. */
        ACCEPTING
    }

    private final SecretKeySpec key;

    Handshake(byte[] secret) {
        this.key = new SecretKeySpec(secret, ALGORITHM);
    }

    /** {@value #CHALLENGE_BYTES} random bytes, never used twice. */
    public static byte[] challenge() {
        byte[] challenge = new byte[CHALLENGE_BYTES];
        RANDOM.nextBytes(challenge);
        return challenge;
    }

    /**
     * What proves that {@code side} knows the secret; both challenges in the order of the sides.
     *
     * @param isEncrypted that side goes on encrypted
     */
    public byte[] respond(Side side, boolean isEncrypted, byte[] connectingChallenge, byte[] acceptingChallenge) {
        requireLength(connectingChallenge);
        requireLength(acceptingChallenge);
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(CONTEXT.getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) (side.ordinal() | (isEncrypted ? ENCRYPTED : 0)));
            mac.update(connectingChallenge);
            mac.update(acceptingChallenge);
            return mac.doFinal();
        } catch (GeneralSecurityException unavailable) {
            throw new IllegalStateException("This JVM has no " + ALGORITHM + ".", unavailable);
        }
    }

    /** Whether that is the response of {@code side}; takes the same time wherever they differ. */
    public boolean verify(
            Side side, boolean isEncrypted, byte[] connectingChallenge, byte[] acceptingChallenge, byte[] response) {
        return MessageDigest.isEqual(respond(side, isEncrypted, connectingChallenge, acceptingChallenge), response);
    }

    private static void requireLength(byte[] challenge) {
        if (challenge.length != CHALLENGE_BYTES) {
            throw new IllegalArgumentException(
                    "A challenge has " + CHALLENGE_BYTES + " bytes, not " + challenge.length + ".");
        }
    }
}
