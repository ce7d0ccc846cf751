package io.selvage.task.operator;

/** The subtask has to end, in the middle of an element if need be. Nothing is wrong with it. */
public final class SubtaskCanceledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SubtaskCanceledException() {
        super("canceled", null, false, false);
    }
}
