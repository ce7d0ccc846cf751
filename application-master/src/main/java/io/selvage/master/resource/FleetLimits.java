package io.selvage.master.resource;

import io.selvage.protocol.config.SessionConfig;
import java.time.Duration;

/**
 * Bounds of a session's executors; times in nanoseconds.
 *
 * @param slotsPerExecutor what a container that is asked for will have
 * @param minimum executors that are kept though no job needs them
 * @param standby executors that are kept ready beyond what jobs need, while one runs
 * @param startNanos from the container's allocation until its executor has registered
 * @param graceNanos how long a new master waits for executors of the attempt before
 * @param exitStatusNanos how long YARN may take to say why an executor's stream broke, before its container is released
 * @param memoryMib what YARN is asked for an executor
 * @param mostMemoryMib what it may be asked for if executors are ended for their memory
 */
public record FleetLimits(
        int slotsPerExecutor,
        int minimum,
        int standby,
        long idleNanos,
        long heartbeatIntervalNanos,
        long heartbeatTimeoutNanos,
        long startNanos,
        long graceNanos,
        long exitStatusNanos,
        long memoryMib,
        long mostMemoryMib) {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(10);
    /** Of a released container YARN says no more than that: a busy node needs seconds to tell what has ended it. */
    public static final Duration EXIT_STATUS = Duration.ofSeconds(15);

    public static FleetLimits of(SessionConfig config) {
        return new FleetLimits(
                config.executorSlots(),
                config.minExecutors(),
                config.standbyExecutors(),
                config.executorIdleTimeout().toNanos(),
                config.heartbeatInterval().toNanos(),
                config.heartbeatTimeout().toNanos(),
                START.toNanos(),
                GRACE.toNanos(),
                EXIT_STATUS.toNanos(),
                config.executorMemory().mebibytes(),
                config.mostExecutorMemoryMib());
    }
}
