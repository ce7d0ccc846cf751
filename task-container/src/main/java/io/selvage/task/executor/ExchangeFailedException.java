package io.selvage.task.executor;

/** A channel to or from another executor can't go on; the message names it. */
final class ExchangeFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    ExchangeFailedException(String message) {
        super(message);
    }
}
