package io.selvage.checkpoint.journal;

import java.io.IOException;

/** The journal can't be read to its end; the message names the file, what is wrong with it, and what to do. */
public final class JournalDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    JournalDamagedException(String message) {
        super(message);
    }

    public JournalDamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
