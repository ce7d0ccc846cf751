package io.selvage.task.executor;

/** Why an executor's process has ended; docs/operations.md has a line for each. */
public enum ExitCode {
    /** The master has sent it away. */
    SHUT_DOWN(0),
    /** What it was started with is missing or wrong. */
    BAD_START(40),
    /** No master was found within the lease. */
    LEASE_EXPIRED(41),
    /** A subtask's thread did not end when it was told to. */
    SUBTASK_STUCK(42),
    /** A broken invariant, or the JVM is out of memory. */
    FATAL(43);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
