package io.selvage.api.graph;

/** The program does not describe a job that can run; the message is a sentence with the remedy. */
public final class InvalidProgramException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InvalidProgramException(String message) {
        super(message);
    }
}
