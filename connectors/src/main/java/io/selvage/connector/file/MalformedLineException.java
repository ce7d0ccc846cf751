package io.selvage.connector.file;

/**
 * A line does not have the expected form; the message begins with the column, if there is one to blame, and its value.
 */
public final class MalformedLineException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedLineException(String message) {
        super(message);
    }
}
