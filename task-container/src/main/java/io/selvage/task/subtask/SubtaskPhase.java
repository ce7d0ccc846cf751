package io.selvage.task.subtask;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The life of a subtask. */
public enum SubtaskPhase {
    /** Built; its thread has not begun. */
    CREATED,
    /** Its thread restores state and opens the functions. */
    OPENING,
    /** Elements flow. */
    RUNNING,
    /** All input has ended and all output is emitted; barriers are still served. */
    DRAINED,
    /** The terminal checkpoint, or the savepoint with which the job is stopped, is complete and committed. */
    FINISHED,
    /** An exception has ended it. */
    FAILED,
    /** It was told to end. */
    CANCELED;

    private static final Map<SubtaskPhase, Set<SubtaskPhase>> MOVES = Map.of(
            CREATED, EnumSet.of(OPENING, FAILED, CANCELED),
            OPENING, EnumSet.of(RUNNING, FAILED, CANCELED),
            // From here to its end only if it is held, after a savepoint with which the job is stopped.
            RUNNING, EnumSet.of(DRAINED, FINISHED, FAILED, CANCELED),
            DRAINED, EnumSet.of(FINISHED, FAILED, CANCELED),
            FINISHED, EnumSet.noneOf(SubtaskPhase.class),
            FAILED, EnumSet.noneOf(SubtaskPhase.class),
            CANCELED, EnumSet.noneOf(SubtaskPhase.class));

    boolean mayBecome(SubtaskPhase next) {
        return MOVES.getOrDefault(this, Set.of()).contains(next);
    }

    public boolean isEnd() {
        return MOVES.getOrDefault(this, Set.of()).isEmpty();
    }
}
