package io.selvage.master.job;

import io.selvage.protocol.wire.JobPhase;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The life of a job in this master. */
enum Phase {
    /** It needs its graph and slots; nothing of it runs for certain. */
    WAITING_FOR_RESOURCES(JobPhase.WAITING_FOR_RESOURCES),
    /** An earlier master has started its newest incarnation: executors that register say what of it still runs. */
    ADOPTING(JobPhase.ADOPTING),
    /** An incarnation is in the journal and on its way to the executors. */
    DEPLOYING(JobPhase.DEPLOYING),
    /** Every subtask runs. */
    RUNNING(JobPhase.RUNNING),
    /** All input has ended: the terminal checkpoint, then the commit. */
    FINISHING(JobPhase.FINISHING),
    /** It has failed, and waits out the delay before its next incarnation. */
    RESTARTING(JobPhase.RESTARTING),
    /** A client wants its end, the journal knows it, and its subtasks are being stopped. */
    CANCELING(JobPhase.CANCELING),
    /** All input is read and all output committed. */
    FINISHED(JobPhase.FINISHED),
    /** It ended because a client wanted it. */
    CANCELED(JobPhase.CANCELED),
    /** It ended because of an error. */
    FAILED(JobPhase.FAILED);

    private static final Map<Phase, Set<Phase>> MOVES = new EnumMap<>(Map.of(
            WAITING_FOR_RESOURCES, EnumSet.of(DEPLOYING, CANCELING, FAILED),
            ADOPTING, EnumSet.of(WAITING_FOR_RESOURCES, DEPLOYING, RESTARTING, CANCELING, FAILED),
            DEPLOYING, EnumSet.of(RUNNING, RESTARTING, CANCELING, FAILED),
            RUNNING, EnumSet.of(FINISHING, WAITING_FOR_RESOURCES, RESTARTING, CANCELING, FAILED),
            FINISHING, EnumSet.of(FINISHED, RESTARTING, CANCELING, FAILED),
            RESTARTING, EnumSet.of(WAITING_FOR_RESOURCES, CANCELING, FAILED),
            CANCELING, EnumSet.of(CANCELED),
            FINISHED, EnumSet.noneOf(Phase.class),
            CANCELED, EnumSet.noneOf(Phase.class),
            FAILED, EnumSet.noneOf(Phase.class)));

    private final JobPhase wire;

    Phase(JobPhase wire) {
        this.wire = wire;
    }

    boolean mayBecome(Phase next) {
        return MOVES.getOrDefault(this, Set.of()).contains(next);
    }

    boolean isFinal() {
        return this == FINISHED || this == CANCELED || this == FAILED;
    }

    JobPhase wire() {
        return wire;
    }
}
