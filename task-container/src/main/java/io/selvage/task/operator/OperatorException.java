package io.selvage.task.operator;

import io.selvage.protocol.wire.FailureKind;

/** An operator can't go on. Unchecked, since it has to pass through the collectors that users' functions call. */
public final class OperatorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureKind kind;
    private final String operator;
    private final int subtask;
    private String position = "";

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

    /** Where the input stood: the element at hand, and what the source says of it if it is in the same chain. */
    public String position() {
        return position;
    }

    /** Says what was at hand, unless that is known. */
    OperatorException at(String what) {
        if (position.isEmpty()) {
            position = what;
        }
        return this;
    }

    /** Says where that comes from. */
    void readFrom(String where) {
        position = position.isEmpty() || where.isEmpty() ? where + position : where + ": " + position;
    }
}
