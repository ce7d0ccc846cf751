package io.selvage.task.executor;

/** Ends the process. */
@FunctionalInterface
public interface ProcessExit {
    /** @param reason a sentence for the log */
    void exit(ExitCode code, String reason);
}
