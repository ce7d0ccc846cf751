package io.selvage.master.main;

import io.selvage.protocol.wire.DrillKind;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A drill's fault, done to this process from outside of it, so that nothing in here can soften it. */
final class SelfInflicted {
    /** So that the answer to whoever asked for it leaves first. */
    private static final String PAUSE_SECONDS = "0.05";

    private static final Logger LOG = LoggerFactory.getLogger(SelfInflicted.class);

    private SelfInflicted() {}

    static void begin(DrillKind kind) {
        String signal = kind == DrillKind.DRILL_HANG ? "STOP" : "KILL";
        long pid = ProcessHandle.current().pid();
        LOG.warn("A drill: this process gets SIG{} now.", signal);
        try {
            new ProcessBuilder("/bin/sh", "-c", "sleep " + PAUSE_SECONDS + "; kill -" + signal + " " + pid).start();
        } catch (IOException failed) {
            LOG.error("The drill's signal could not be sent.", failed);
        }
    }
}
