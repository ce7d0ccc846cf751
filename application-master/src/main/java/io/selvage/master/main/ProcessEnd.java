package io.selvage.master.main;

import io.selvage.master.event.ExitCode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends this process, once. Any thread may call it; hence the atomic. */
final class ProcessEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);

    private final AtomicBoolean begun = new AtomicBoolean();

    /** Never returns to a caller that goes on: at the latest the virtual machine is halted. */
    void end(ExitCode code, String reason) {
        if (!begun.compareAndSet(false, true)) {
            return;
        }
        if (code == ExitCode.STOPPED) {
            LOG.info("The master ends: {}", reason);
        } else {
            LOG.error("The master ends with {} ({}): {}", code.code(), code, reason);
            System.err.println("selvage master: " + reason);
        }
        // Not exit: shutdown hooks of libraries could stop containers, or wait for what will never come.
        System.err.flush();
        System.out.flush();
        Runtime.getRuntime().halt(code.code());
    }
}
