package io.selvage.checkpoint.backend;

/** What a checkpoint holds and what the program declares don't fit; the message names the state and both formats. */
public final class StateMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StateMismatchException(String message) {
        super(message);
    }
}
