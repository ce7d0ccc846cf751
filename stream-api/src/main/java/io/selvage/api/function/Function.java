package io.selvage.api.function;

import java.io.Serializable;

/**
 * What every user's function has in common.
 *
 * <p>A function travels with the job graph and is opened once in each subtask; all its methods are called by that
 * subtask's thread alone. It may block. An exception ends the subtask and starts the job's recovery.
 */
public interface Function extends Serializable {
    /** Called once, after state is restored and before the first element. */
    default void open(OpenContext context) throws Exception {}

    /** Called once at the end, whatever the reason; also if {@link #open} threw. */
    default void close() throws Exception {}
}
