package io.selvage.task.main;

import org.jspecify.annotations.Nullable;

/** The executor can't start; the message is a sentence with the reason. */
final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    StartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
