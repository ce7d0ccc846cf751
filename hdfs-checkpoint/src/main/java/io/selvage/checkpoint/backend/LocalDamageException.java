package io.selvage.checkpoint.backend;

import io.selvage.protocol.failure.Causes;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The local disk gives something else than what was written of state there, so that all of that store is of no use any
 * more: the state is to be read from its checkpoint again. Or it has come damaged from there.
 */
public final class LocalDamageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param verb what can't be done to state there: "be read from", say */
    public LocalDamageException(String verb, Path path, Exception cause) {
        super(
                "State can't " + verb + " " + path + ", as the disk gives something else than was written there: "
                        + cause.getMessage() + ". The state that lies there is given up, and read from its checkpoint"
                        + " again. See whether the disk has failed; if it comes to this on other nodes too, see whether"
                        + " the checkpoint is as it was written: selvage checkpoint verify.",
                cause);
    }

    /** The one that has led to a failure, if that is one itself or has one among its causes; null: none has. */
    public static @Nullable LocalDamageException in(@Nullable Throwable failure) {
        return Causes.first(LocalDamageException.class, failure).orElse(null);
    }
}
