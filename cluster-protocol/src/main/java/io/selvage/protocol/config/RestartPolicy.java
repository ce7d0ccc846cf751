package io.selvage.protocol.config;

import java.time.Duration;

/** When a failed job is started again, and when it has failed for good. */
public sealed interface RestartPolicy {
    /** Names of the policies, as settings have them. */
    enum Kind {
        EXPONENTIAL,
        FIXED,
        FAILURE_RATE,
        NONE
    }

    /**
     * Each delay is a multiple of the one before; a quiet period without a failure starts the count and the delay anew.
     */
    record Exponential(Duration initialDelay, Duration maxDelay, double multiplier, int attempts, Duration quietPeriod)
            implements RestartPolicy {}

    /** The same delay each time, for so many restarts in the job's life. */
    record Fixed(Duration delay, int attempts) implements RestartPolicy {}

    /** The same delay each time, unless more failures than this fall into the window. */
    record FailureRate(Duration delay, int failures, Duration window) implements RestartPolicy {}

    /** The first failure is the job's. */
    record None() implements RestartPolicy {}
}
