package io.selvage.minicluster;

import java.io.IOException;

/** Signals to processes of this machine, from outside of them, as a person or a kernel sends them. */
public enum ProcessSignals {
    /** What a terminal sends at Ctrl-C. */
    INT,
    /** Ends it at once. */
    KILL,
    /** Holds it: it is there, and does nothing. */
    STOP,
    /** Lets it go on. */
    CONT;

    /** @throws IOException if there is no such process, or it may not be signalled */
    public void send(long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name(), Long.toString(pid))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -" + name() + " " + pid + " has failed: is there such a process?");
        }
    }

    /** Whether there is such a process, held or not. */
    public static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
