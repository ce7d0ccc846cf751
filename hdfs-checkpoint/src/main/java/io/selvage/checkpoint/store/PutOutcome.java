package io.selvage.checkpoint.store;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link DurableStore#putIfAbsent} ended.
 *
 * @param winner with {@link Kind#LOST}, what the winner has written; null otherwise
 * @param cause with {@link Kind#NOT_WRITTEN} and {@link Kind#UNDECIDED}, the error; null otherwise
 */
public record PutOutcome(
        Kind kind, byte @Nullable [] winner, @Nullable IOException cause) {

    /** The four ways in which a put ends. */
    public enum Kind {
        /** The bytes are durable under their path, and no other writer's will ever be. */
        WON,
        /** Another writer's bytes lie there. */
        LOST,
        /** An error; the bytes do not lie there and never will by this call. It may be tried again. */
        NOT_WRITTEN,
        /** An error; whether the bytes lie there, or will, is unknown. The writer has to stop writing. */
        UNDECIDED
    }

    static PutOutcome won() {
        return new PutOutcome(Kind.WON, null, null);
    }

    static PutOutcome lost(byte[] winner) {
        return new PutOutcome(Kind.LOST, winner, null);
    }

    static PutOutcome notWritten(IOException cause) {
        return new PutOutcome(Kind.NOT_WRITTEN, null, cause);
    }

    static PutOutcome undecided(IOException cause) {
        return new PutOutcome(Kind.UNDECIDED, null, cause);
    }
}
