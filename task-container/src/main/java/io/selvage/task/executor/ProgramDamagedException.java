package io.selvage.task.executor;

/** A program's jar is not what was submitted; the message names it, with what was expected and what was found. */
final class ProgramDamagedException extends Exception {
    private static final long serialVersionUID = 1L;

    ProgramDamagedException(String message) {
        super(message);
    }
}
