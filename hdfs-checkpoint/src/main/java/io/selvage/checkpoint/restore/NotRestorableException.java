package io.selvage.checkpoint.restore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A job can't go on from what it was told to; the message is a sentence with the path, the reason and the remedy. */
public final class NotRestorableException extends IOException {
    private static final long serialVersionUID = 1L;

    public NotRestorableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
