package io.selvage.master.main;

import io.selvage.master.event.ExitCode;
import org.jspecify.annotations.Nullable;

/** The master can't start; the message is a sentence with the remedy. */
final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode code;

    StartException(ExitCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    ExitCode code() {
        return code;
    }
}
