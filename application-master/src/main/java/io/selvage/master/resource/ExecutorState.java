package io.selvage.master.resource;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Where a container and the executor in it stand. An executor that has left the table is in no state. */
public enum ExecutorState {
    /** Its container was there before this master, and it has not registered with it yet. */
    RECOVERED,
    /** Its process has been asked for, and has not registered yet. */
    STARTING,
    /** Its stream is open. */
    REGISTERED,
    /** Its stream has broken; why, YARN has yet to say. */
    LOST,
    /** It has been told to end. */
    LEAVING;

    private static final Map<ExecutorState, Set<ExecutorState>> MOVES = new EnumMap<>(Map.of(
            RECOVERED, EnumSet.of(REGISTERED, LEAVING),
            STARTING, EnumSet.of(REGISTERED, LEAVING),
            REGISTERED, EnumSet.of(LOST, LEAVING),
            LOST, EnumSet.of(REGISTERED, LEAVING),
            LEAVING, EnumSet.noneOf(ExecutorState.class)));

    boolean mayBecome(ExecutorState next) {
        return MOVES.getOrDefault(this, Set.of()).contains(next);
    }
}
