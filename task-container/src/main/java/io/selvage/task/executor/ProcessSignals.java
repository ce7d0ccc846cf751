package io.selvage.task.executor;

import java.io.IOException;

/** Sends this process a signal that it can't handle, as another would: for the fault drill of a session's owner. */
@FunctionalInterface
public interface ProcessSignals {
    /** By the system's own {@code kill}. */
    ProcessSignals SYSTEM = (signal, processId) -> new ProcessBuilder("kill", "-" + signal, Long.toString(processId))
            .inheritIO()
            .start();

    /** @param signal by its name, as {@code KILL} */
    void send(String signal, long processId) throws IOException;
}
