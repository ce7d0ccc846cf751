package io.selvage.task.exchange;

/** What a barrier asks for. */
public enum CutKind {
    /** A checkpoint like any other. */
    CHECKPOINT(0, false),
    /** A checkpoint after all input has ended; subtasks finish once it is complete. */
    TERMINAL(1, false),
    /** A savepoint: it stands alone, and nothing is committed because of it. */
    SAVEPOINT(2, true),
    /**
     * A savepoint after which no record is processed; subtasks finish once it is complete, or go on if it is aborted.
     */
    STOP(3, true),
    /** The same, and before it event time ends. What that has fired can't be undone: subtasks fail if it is aborted. */
    DRAIN(4, true);

    private final int code;
    private final boolean savepoint;

    CutKind(int code, boolean savepoint) {
        this.code = code;
        this.savepoint = savepoint;
    }

    /** For the wire. */
    public int code() {
        return code;
    }

    /** @throws IllegalArgumentException if there is none of that code */
    public static CutKind of(int code) {
        for (CutKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new IllegalArgumentException("a barrier of the unknown kind " + code);
    }

    public boolean isSavepoint() {
        return savepoint;
    }

    /** After the cut nothing is processed until it is known what became of it. */
    public boolean holds() {
        return this == STOP || this == DRAIN;
    }
}
