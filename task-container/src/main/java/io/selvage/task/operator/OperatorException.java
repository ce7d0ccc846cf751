package io.selvage.task.operator;

import io.selvage.protocol.wire.FailureKind;

/** An operator can't go on. Unchecked, since it has to pass through the collectors that users' functions call. */
public final class OperatorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureKind kind;
    private final String operator;
    private final int subtask;

    public OperatorException(FailureKind kind, String message, String operator, int subtask, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.operator = operator;
        this.subtask = subtask;
    }

    public FailureKind kind() {
        return kind;
    }

    public String operator() {
        return operator;
    }

    public int subtask() {
        return subtask;
    }
}
