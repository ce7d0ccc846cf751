package io.selvage.api.connector;

/**
 * The input itself is at fault: reading it again will not help. The message names file, line and column, and the
 * remedy.
 */
public final class BadInputException extends Exception {
    private static final long serialVersionUID = 1L;

    public BadInputException(String message) {
        super(message);
    }
}
