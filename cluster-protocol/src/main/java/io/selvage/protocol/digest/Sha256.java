package io.selvage.protocol.digest;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Safe for use by many threads. SHA-256 (FIPS 180-4), which every Java platform has. */
public final class Sha256 {
    private static final HexFormat HEX = HexFormat.of();

    private Sha256() {}

    /** Of nothing yet: for content that comes bit by bit. Used by one thread. */
    public static MessageDigest begin() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java platform has SHA-256.", impossible);
        }
    }

    /**
     * What was begun, as it is named; the digest is of nothing again.
     *
     * @return 64 lower-case hexadecimal digits
     */
    public static String end(MessageDigest digest) {
        return HEX.formatHex(digest.digest());
    }

    /** @return 64 lower-case hexadecimal digits */
    public static String of(byte[] content) {
        MessageDigest digest = begin();
        digest.update(content);
        return end(digest);
    }
}
