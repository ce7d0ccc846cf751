package io.selvage.task.executor;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The life of one incarnation of a job in one executor. */
enum DeploymentPhase {
    /** Its graph, program and state are being read. What it has taken over from the one before goes on meanwhile. */
    PREPARING,
    /** Its subtasks' threads are started. */
    RUNNING,
    /** They were told to end, and have not all done so. */
    ENDING,
    /** No thread of it is left. */
    ENDED;

    private static final Map<DeploymentPhase, Set<DeploymentPhase>> MOVES = Map.of(
            PREPARING, EnumSet.of(RUNNING, ENDING),
            RUNNING, EnumSet.of(ENDING, ENDED),
            ENDING, EnumSet.of(ENDED),
            ENDED, EnumSet.noneOf(DeploymentPhase.class));

    boolean mayBecome(DeploymentPhase next) {
        return MOVES.getOrDefault(this, Set.of()).contains(next);
    }
}
