package io.selvage.task.executor;

/** Why an executor's process has ended; docs/operations.md has a line for each. */
public enum ExitCode {
    /** The master has sent it away. */
    SHUT_DOWN(0),
    /** No memory is left; the status with which the JVM itself ends then. */
    OUT_OF_MEMORY(3),
    /** What it was started with is missing or wrong. */
    BAD_START(40),
    /** No master was found within the lease. */
    LEASE_EXPIRED(41),
    /** A subtask's thread did not end when it was told to. */
    SUBTASK_STUCK(42),
    /** A broken invariant. */
    FATAL(43),
    /** A user's function has called {@code System.exit}. */
    EXITED_BY_FUNCTION(44),
    /** State on the local disk finds no room there, or the disk has failed. */
    LOCAL_DISK_FAILED(45);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
