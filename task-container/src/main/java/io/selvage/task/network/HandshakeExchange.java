package io.selvage.task.network;

import io.selvage.protocol.security.Handshake;
import io.selvage.protocol.security.Handshake.Side;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the network thread. One side of the four messages by which two processes prove to each other that they hold
 * the application's secret; no I/O. The connecting side proves itself first, so a stranger gets 32 random bytes and
 * nothing else.
 *
 * <pre>
 * connecting                                  accepting
 *   preamble, challenge          ->
 *                                <-           challenge
 *   response                     ->
 *                                <-           response
 * </pre>
 */
final class HandshakeExchange {
    /** The longest message of the exchange. */
    static final int MAX_MESSAGE_BYTES;

    private static final byte[] PREAMBLE = "SELVAGE1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = new byte[0];

    static {
        MAX_MESSAGE_BYTES = PREAMBLE.length + Handshake.CHALLENGE_BYTES;
    }

    private enum Awaiting {
        PREAMBLE_AND_CHALLENGE,
        CHALLENGE,
        RESPONSE,
        NOTHING
    }

    private final Side side;
    private final Handshake handshake;
    private final boolean isEncrypted;
    private final byte[] ownChallenge = Handshake.challenge();

    private byte[] peerChallenge = NOTHING;
    private Awaiting awaiting;
    private @Nullable String mismatch;

    /** @param isEncrypted whether this side goes on encrypted */
    HandshakeExchange(Side side, Handshake handshake, boolean isEncrypted) {
        this.side = side;
        this.handshake = handshake;
        this.isEncrypted = isEncrypted;
        this.awaiting = side == Side.CONNECTING ? Awaiting.CHALLENGE : Awaiting.PREAMBLE_AND_CHALLENGE;
    }

    /** What this side says before it has heard anything; may be empty. */
    byte[] opening() {
        return side == Side.CONNECTING ? concat(PREAMBLE, ownChallenge) : NOTHING;
    }

    /** Length of the next message from the peer; 0 once both have proven themselves. */
    int expectedBytes() {
        return switch (awaiting) {
            case PREAMBLE_AND_CHALLENGE -> PREAMBLE.length + Handshake.CHALLENGE_BYTES;
            case CHALLENGE -> Handshake.CHALLENGE_BYTES;
            case RESPONSE -> Handshake.RESPONSE_BYTES;
            case NOTHING -> 0;
        };
    }

    Side side() {
        return side;
    }

    /** Why the two can't go on although both have proven themselves. The peer has been answered, and finds out too. */
    @Nullable
    String mismatch() {
        return mismatch;
    }

    /** Whether the first {@code count} bytes of a message already show that the peer speaks something else. */
    boolean isForeign(byte[] start, int count) {
        if (awaiting != Awaiting.PREAMBLE_AND_CHALLENGE) {
            return false;
        }
        int compared = Math.min(count, PREAMBLE.length);
        return !Arrays.equals(start, 0, compared, PREAMBLE, 0, compared);
    }

    /** Takes a whole message; gives the answer, which may be empty. */
    byte[] onMessage(byte[] message) throws ProtocolViolation {
        if (message.length != expectedBytes()) {
            throw new IllegalArgumentException(
                    "a message of " + message.length + " bytes, where " + expectedBytes() + " are due");
        }
        return switch (awaiting) {
            case PREAMBLE_AND_CHALLENGE -> onPreamble(message);
            case CHALLENGE -> onChallenge(message);
            case RESPONSE -> onResponse(message);
            case NOTHING -> throw new IllegalStateException("the handshake is over");
        };
    }

    private byte[] onPreamble(byte[] message) throws ProtocolViolation {
        if (isForeign(message, message.length)) {
            throw new ProtocolViolation("something else than Selvage's data protocol");
        }
        peerChallenge = Arrays.copyOfRange(message, PREAMBLE.length, message.length);
        awaiting = Awaiting.RESPONSE;
        return ownChallenge.clone();
    }

    private byte[] onChallenge(byte[] message) {
        peerChallenge = message.clone();
        awaiting = Awaiting.RESPONSE;
        return respond();
    }

    private byte[] onResponse(byte[] message) throws ProtocolViolation {
        Side peer = side == Side.CONNECTING ? Side.ACCEPTING : Side.CONNECTING;
        if (!isProof(peer, isEncrypted, message)) {
            if (!isProof(peer, !isEncrypted, message)) {
                throw new ProtocolViolation("a proof that was not made with this application's secret");
            }
            mismatch = "the peer " + (isEncrypted ? "does not encrypt" : "encrypts")
                    + ", and selvage.network.encryption is " + isEncrypted
                    + " here: all processes of a session must have the same setting";
        }
        awaiting = Awaiting.NOTHING;
        return side == Side.ACCEPTING ? respond() : NOTHING;
    }

    private boolean isProof(Side peer, boolean ofEncrypted, byte[] message) {
        return handshake.verify(peer, ofEncrypted, connectingChallenge(), acceptingChallenge(), message);
    }

    private byte[] respond() {
        return handshake.respond(side, isEncrypted, connectingChallenge(), acceptingChallenge());
    }

    private byte[] connectingChallenge() {
        return side == Side.CONNECTING ? ownChallenge : peerChallenge;
    }

    private byte[] acceptingChallenge() {
        return side == Side.CONNECTING ? peerChallenge : ownChallenge;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
